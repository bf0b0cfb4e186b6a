"""The question sets as documents with questions, split by document. README.md names their licences."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from models.training.json_lines import read_lines

Split = Literal["train", "dev", "test"]

# Shares of the questions whose documents are kept out of training: for choosing (dev) and for reporting (test).
_TEST_SHARE = 0.10
_DEV_SHARE = 0.05
# Titles of these sets name a collection and not a subject.
_LABELS = ("Filtered_Reddit", "Amazon_Reviews")


@dataclass(frozen=True, slots=True)
class Answered:
    """A question about one passage. `span` is the answer in it; None where it has none that can be quoted.

    `answerable` is False where the passage looks as if it answered the question, and does not (SQuAD 2.0).
    """

    question: str
    passage: str
    span: tuple[int, int] | None
    answerable: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A document: its subject ("" where the title says nothing), its passages, and the questions about them."""

    subject: str
    passages: tuple[str, ...]
    questions: tuple[Answered, ...]


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """`within`: other documents of the set answer its generic questions too, so wrong passages come from the same one.

    `whole`: passages are documents of their own, and are split as such. `spans`: answers are quoted from the passage.
    `share`: so much of its training documents is used.
    """

    name: str
    within: bool = False
    whole: bool = False
    spans: bool = True
    share: float = 1.0


SETS = (
    QuestionSet("squadshifts"),
    QuestionSet("squad2_dev_half"),
    QuestionSet("policyqa", within=True),
    QuestionSet("fairytaleqa_train", whole=True),
    QuestionSet("medquad_pairs", spans=False, share=0.35),
    QuestionSet("squad1_dev_more"),
    QuestionSet("tatqa", whole=True),
)


def read_rows(folder: Path, name: str) -> list[dict[str, Any]]:
    """All of a question set."""
    return list(read_lines(folder / f"{name}.jsonl.gz"))


def read_set(kind: QuestionSet, folder: Path) -> dict[Split, list[Source]]:
    """The set's documents, each in one split: a passage of a document in training is never asked about in a test."""
    by_document: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in read_rows(folder, kind.name):
        by_document[row["passage"] if kind.whole else row["title"]].append(row)
    splits: dict[Split, list[Source]] = {"train": [], "dev": [], "test": []}
    sizes = {key: len(rows) for key, rows in by_document.items()}
    for split, key in assign(sizes):
        if split == "train" and fraction(key) >= kind.share:
            continue
        rows = by_document[key]
        splits[split].append(_source(_subject(rows[0]["title"], kind), rows, kind))
    return splits


def assign(sizes: dict[str, int]) -> Iterator[tuple[Split, str]]:
    """Documents in the order of their hashes: the first tenth of the questions is for testing, then dev, then train."""
    total, seen = sum(sizes.values()), 0
    for key in sorted(sizes, key=lambda key: hashlib.sha256(key.encode()).digest()):
        share = seen / total
        split: Split = "test" if share < _TEST_SHARE else "dev" if share < _TEST_SHARE + _DEV_SHARE else "train"
        yield split, key
        seen += sizes[key]


def fraction(text: str) -> float:
    """A number in 0..1 that belongs to the text, whatever else there is."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[-4:]) / 2**32


def _subject(title: str, kind: QuestionSet) -> str:
    return "" if kind.whole or title.startswith(_LABELS) else title.replace("_", " ")


def _source(subject: str, rows: Iterable[dict[str, Any]], kind: QuestionSet) -> Source:
    questions = []
    for row in rows:
        answer = row["answer"]
        start = row["answer_start"]
        free = bool(row.get("free_form"))
        quoted = kind.spans and answer is not None and not free
        span = (start, start + len(answer)) if quoted else None
        answerable = answer is not None or free or not kind.spans
        questions.append(Answered(row["question"].strip(), row["passage"], span, answerable))
    return Source(subject, tuple(dict.fromkeys(q.passage for q in questions)), tuple(questions))
