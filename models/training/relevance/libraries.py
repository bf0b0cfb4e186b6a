"""Draws libraries of given sizes from a domain, with questions that they answer and questions that they do not."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from models.training.relevance.sources import Asked, Domain, Kind, Source

# Of the pages of a document, this share is taken out; their questions become `near` negatives.
_TAKEN_OUT = 0.3


@dataclass(frozen=True, slots=True)
class Plan:
    """A library to build: (title, pages) of each document, and the questions to ask it."""

    domain: str
    language: str
    documents: tuple[tuple[str, tuple[str, ...]], ...]
    questions: tuple[tuple[str, Kind], ...]

    @property
    def pages(self) -> int:
        return sum(len(pages) for _, pages in self.documents)


def draw(domain: Domain, pages: int, per_kind: int, strangers: Sequence[str], rng: random.Random) -> Plan:
    """A library of about `pages` pages, and up to `per_kind` questions of each kind.

    `strangers` are questions of other domains, asked as `far` where the domain's own would be unsound.
    """
    shuffled = rng.sample(domain.sources, len(domain.sources))
    documents: list[tuple[str, tuple[str, ...]]] = []
    pools: dict[Kind, list[str]] = {"answerable": [], "near": [], "far": [], "trap": []}
    total = 0
    for source in shuffled:
        if total >= pages:
            if domain.far:
                pools["far"] += [asked.text for asked in source.questions if asked.answerable]
            continue
        kept, gone = _split(source, pages - total, rng)
        documents.append((source.title, tuple(source.pages[page] for page in kept)))
        total += len(kept)
        for asked in source.questions:
            if (kind := _kind(asked, set(kept), set(gone))) is not None:
                pools[kind].append(asked.text)
    if len(pools["far"]) < per_kind:
        pools["far"] += strangers
    questions = [(text, kind) for kind, texts in pools.items() for text in rng.sample(texts, min(per_kind, len(texts)))]
    return Plan(domain.name, domain.language, tuple(documents), tuple(questions))


def _split(source: Source, room: int, rng: random.Random) -> tuple[list[int], list[int]]:
    """Page numbers that stay (a run of at most `room`, less some) and those taken out of that run."""
    length = min(room, len(source.pages))
    start = rng.randrange(len(source.pages) - length + 1)
    run = list(range(start, start + length))
    gone = rng.sample(run, int(_TAKEN_OUT * len(run))) if source.separable else []
    return [page for page in run if page not in gone], gone


def _kind(asked: Asked, kept: set[int], gone: set[int]) -> Kind | None:
    if asked.page in kept:
        return "answerable" if asked.answerable else "trap"
    return "near" if asked.page in gone and asked.answerable else None
