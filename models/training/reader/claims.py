"""Sentences with evidence, and whether the evidence supports them: published claims, and sentences made from spans.

A made sentence is one that answers a question, as its passage has it (supported), with the answer exchanged for one of
another question of the same document (not supported), or beside a wrong passage (not supported).
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.training.json_lines import read_lines
from models.training.reader.mining import Group
from models.training.reader.sets import Split, assign
from rag_core.text.sentences import sentence_spans

# Of the claims about a page, so many get some of its other sentences beside their evidence, and so many only those.
_AMONG_OTHERS, _ONLY_OTHERS = 0.4, 0.1
_OTHERS = 4


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence, what it is compared with, and 1 where that supports it, else 0."""

    sentence: str
    evidence: str
    label: float


def fm2_splits(path: Path) -> dict[Split, list[dict[str, Any]]]:
    """Claims of fool-me-twice; those that share a sentence of their pages are about one page, and stay together."""
    rows = list(read_lines(path))
    splits: dict[Split, list[dict[str, Any]]] = {"train": [], "dev": [], "test": []}
    pages = _pages(rows)
    for split, key in assign({key: len(members) for key, members in pages.items()}):
        splits[split] += [rows[at] for at in pages[key]]
    return splits


def _pages(rows: Sequence[dict[str, Any]]) -> dict[str, list[int]]:
    """Row numbers by page: connected components over shared sentences, named by their first claim."""
    parents = list(range(len(rows)))

    def root(at: int) -> int:
        while parents[at] != at:
            parents[at] = at = parents[parents[at]]
        return at

    first: dict[str, int] = {}
    for at, row in enumerate(rows):
        for sentence in (*row["evidence"], *row["distractors"]):
            parents[root(at)] = root(first.setdefault(sentence, at))
    pages: defaultdict[int, list[int]] = defaultdict(list)
    for at in range(len(rows)):
        pages[root(at)].append(at)
    return {rows[members[0]]["claim"]: members for members in pages.values()}


def with_evidence(row: dict[str, Any]) -> Checked:
    """A claim with nothing but its evidence."""
    return Checked(row["claim"], " ".join(row["evidence"]), float(row["label"] == "SUPPORTS"))


def varied(rows: Iterable[dict[str, Any]], rng: random.Random) -> Iterator[Checked]:
    """Claims as they are met in practice: evidence alone, among other sentences, or other sentences only."""
    for row in rows:
        others = rng.sample(row["distractors"], min(_OTHERS, len(row["distractors"])))
        yield with_evidence(row)
        if others and rng.random() < _AMONG_OTHERS:
            mixed = [*row["evidence"], *others]
            rng.shuffle(mixed)
            yield Checked(row["claim"], " ".join(mixed), float(row["label"] == "SUPPORTS"))
        if others and rng.random() < _ONLY_OTHERS:
            yield Checked(row["claim"], " ".join(others), 0.0)


def published(path: Path, without: Collection[str] = ()) -> list[Checked]:
    """A file of claims with evidence (see README.md); "refuted" and "not enough" are both not supported.

    Claims about the pages `without` (titles, see `page_key`) are left out.
    """
    return [
        Checked(_spaced(row["claim"]), _spaced(" ".join(row["evidence"])), float(row["label"] == "SUPPORTS"))
        for row in read_lines(path)
        if page_key(row["group"]) not in without
    ]


def page_key(title: str) -> str:
    """A page's title, as two sets write it."""
    return title.lower().replace("_", " ").strip()


def _spaced(text: str) -> str:
    """Sets that were tokenised for a parser, as people write."""
    for bracket, sign in (("-LRB-", "("), ("-RRB-", ")"), ("-LSB-", "["), ("-RSB-", "]"), ("``", '"'), ("''", '"')):
        text = text.replace(bracket, sign)
    text = re.sub(r" ([.,;:!?%)\]]|'\w+|n't)(?=\s|$|[.,])", r"\1", text)
    return re.sub(r"([(\[$£]) ", r"\1", text)


def made_from(groups: Sequence[Group], rng: random.Random) -> Iterator[Checked]:
    """One sentence per group with a span: as it stands, changed, or beside a wrong passage."""
    answers: defaultdict[tuple[str, bool], list[str]] = defaultdict(list)
    for group in groups:
        if group.span:
            answers[_kind(group)].append(group.passage[slice(*group.span)])
    for group in groups:
        sentence = _sentence(group)
        if sentence is None or group.span is None:
            continue
        text, start, end = sentence
        fate = rng.random()
        if fate < 0.45:
            yield Checked(text, group.passage, 1.0)
        elif fate < 0.85:
            other = rng.choice(answers[_kind(group)])
            if other.casefold() not in group.passage.casefold():
                yield Checked(text[:start] + other + text[end:], group.passage, 0.0)
        elif group.negatives:
            yield Checked(text, rng.choice(group.negatives[:4])[1], 0.0)


def _kind(group: Group) -> tuple[str, bool]:
    answer = group.passage[slice(*group.span)] if group.span else ""
    return group.subject, any(sign.isdigit() for sign in answer)


def _sentence(group: Group) -> tuple[str, int, int] | None:
    """The sentence of the passage that holds the answer, and the answer's place in it."""
    if group.span is None:
        return None
    for start, end in sentence_spans(group.passage):
        if start <= group.span[0] and group.span[1] <= end and end - start < 400:
            return group.passage[start:end].strip(), group.span[0] - start, group.span[1] - start
    return None
