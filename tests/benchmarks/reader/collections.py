"""The retrieval sets: passages, questions, and which passages answer which question."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from models.training.reader.sets import read_rows
from tests.benchmarks.reader.libraries import Document

# Sets of other domains than those the reader was trained on, and never looked at for choosing anything.
RETRIEVAL = (
    "chunkeval_chatlogs",
    "chunkeval_finance",
    "chunkeval_pubmed",
    "chunkeval_state_of_the_union",
    "chunkeval_wikitexts",
    "emanual_smart_tv",
    "contractnli",
    "cranfield",
    "cisi",
    "covidqa",
    "aws_docs",
    "obliqa",
)
QED = "qed_nq_dev"

Place = tuple[int, int]  # document number, page


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, how much each passage that answers it is worth (0..1), and the answers, where they are known."""

    question: str
    relevant: dict[Place, float]
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """A set as documents whose pages are its passages."""

    name: str
    documents: tuple[Document, ...]
    asked: tuple[Asked, ...]

    def sample(self, count: int) -> list[Asked]:
        """The same ones each time."""
        return random.Random(self.name).sample(self.asked, min(count, len(self.asked)))


def read_collection(path: Path) -> Collection:
    """A file `{passages: [{id, title, text}], questions: [{text, relevant: {id: grade}}]}`."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        stored = json.load(file)
    passages = [(p["id"], p["title"], p["text"]) for p in stored["passages"]]
    questions = [(q["text"], q["relevant"]) for q in stored["questions"]]
    return _collection(path.name.removesuffix(".json.gz"), passages, questions)


def read_qed(folder: Path) -> Collection:
    """Questions that people asked a search engine, each with the paragraph of Wikipedia that answers it."""
    rows = read_rows(folder, QED)
    passages = list(dict.fromkeys((row["passage"], row["title"], row["passage"]) for row in rows))
    found = _collection(QED, passages, [(row["question"], {row["passage"]: 1.0}) for row in rows])
    answers = [(row["answer"],) if row["answer"] else () for row in rows]
    asked = tuple(replace(a, answers=own) for a, own in zip(found.asked, answers, strict=True))
    return replace(found, asked=asked)


def _collection(
    name: str, passages: list[tuple[str, str, str]], questions: list[tuple[str, dict[str, float]]]
) -> Collection:
    pages: defaultdict[str, list[str]] = defaultdict(list)
    places: dict[str, Place] = {}
    titles = list(dict.fromkeys(title for _, title, _ in passages))
    numbers = {title: number for number, title in enumerate(titles)}
    for key, title, text in passages:
        pages[title].append(text)
        places[key] = numbers[title], len(pages[title])
    documents = tuple(Document(title, tuple(pages[title])) for title in titles)
    asked = [Asked(text, {places[key]: grade for key, grade in relevant.items()}) for text, relevant in questions]
    return Collection(name, documents, tuple(asked))
