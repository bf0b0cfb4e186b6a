"""Questions about one passage each, from documents that were kept out of training."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.training.json_lines import read_lines
from models.training.reader.sets import SETS, QuestionSet, read_set

OTHER_HALF = "squad2_dev_other_half"
_ALL_ANSWERS = "squad2_dev_answers.jsonl.gz"
_QUOTED = ("squadshifts", "squad2_dev_half", "policyqa", "tatqa", "squad1_dev_more")


@dataclass(frozen=True, slots=True)
class Read:
    """A question and the passage that it was asked about. `answers` are the right ones; none where it has none."""

    set: str
    question: str
    subject: str
    passage: str
    answers: tuple[str, ...]


def held_out(qa: Path, sets: Path) -> Iterator[Read]:
    """The test splits, and the half of SQuAD 2.0's articles that nothing was trained on."""
    every = all_answers(sets / "spans" / _ALL_ANSWERS)
    for kind in SETS:
        if kind.name in _QUOTED:
            yield from _test(kind, qa, every)
    for row in read_lines(sets / "spans" / f"{OTHER_HALF}.jsonl.gz"):
        yield Read(OTHER_HALF, row["question"], row["title"], row["passage"], _answers(row["answer"], row, every))


def all_answers(path: Path) -> dict[tuple[str, str], tuple[str, ...]]:
    """By question and passage: what several people answered, where that is known (SQuAD counts the nearest)."""
    if not path.exists():
        return {}
    return {(row["question"], row["passage"]): tuple(row["answers"]) for row in read_lines(path)}


def sample(questions: Mapping[str, list[Read]], name: str, count: int) -> list[Read]:
    """The same ones each time."""
    return random.Random(name).sample(questions[name], min(count, len(questions[name])))


def _test(kind: QuestionSet, qa: Path, every: Mapping[tuple[str, str], tuple[str, ...]]) -> Iterator[Read]:
    for source in read_set(kind, qa)["test"]:
        for asked in source.questions:
            if asked.span is None and asked.answerable:
                continue
            answer = asked.passage[slice(*asked.span)] if asked.span else None
            row = {"question": asked.question, "passage": asked.passage}
            yield Read(kind.name, asked.question, source.subject, asked.passage, _answers(answer, row, every))


def _answers(
    answer: str | None, row: Mapping[str, str], every: Mapping[tuple[str, str], tuple[str, ...]]
) -> tuple[str, ...]:
    if answer is None:
        return ()
    return tuple(dict.fromkeys((answer, *every.get((row["question"], row["passage"]), ()))))
