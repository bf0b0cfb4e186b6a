"""What happened, beside what the reader said: the pairs that its three probabilities are calibrated on."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.reader.calibrating import Outcomes
from models.reader.claims import Checked, fm2_splits, made_from, varied
from models.reader.dev_questions import TOPICS
from models.reader.mining import Group
from models.reader.shortlists import Asked, Listed
from rag_core.read.decoding import Judgement

_SAME_WORDS = 0.5  # share of characters from which two spans mean the same words
_ANSWERS = 0.3  # grade from which a candidate counts as one that answers
# Articles: a sentence of a story, a policy or a table is rarely right or wrong by itself.
_PLAIN = ("squad1_dev_more", "squad2_dev_half", "squadshifts", "mixed-1", "mixed-2")
_CLAIMS_SEED, _CLAIMS_ROUNDS = 11, 2


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with what the reader says of each candidate, in logits."""

    asked: Asked
    said: tuple[Judgement, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence with its evidence, and the set that it is of."""

    set: str
    checked: Checked


def claims(qa: Path, asked: Iterable[Asked]) -> list[Claim]:
    """The dev claims of fool-me-twice as they are met in practice, several times with other sentences beside them; and
    sentences made from the answers in the shortlists, right and wrong."""
    rows = fm2_splits(qa / "fm2_claims.jsonl.gz")["dev"]
    rng = random.Random(_CLAIMS_SEED)
    published = dict.fromkeys(claim for _ in range(_CLAIMS_ROUNDS) for claim in varied(rows, rng))
    made = dict.fromkeys(made_from(list(_groups(asked)), rng))
    return [Claim("fm2", one) for one in published] + [Claim("made", one) for one in made]


def _groups(asked: Iterable[Asked]) -> Iterator[Group]:
    for one in asked:
        wrong = tuple((c.subject, c.text) for c in one.candidates if c.grade == 0.0)
        right = next((c for c in one.candidates if c.span is not None), None)
        if right is not None and one.domain in _PLAIN:
            yield Group(one.domain, one.question, right.subject, right.text, right.span, True, wrong)


def of_support(claims: Sequence[Claim], logits: Sequence[float]) -> Outcomes:
    return _outcomes([(logit, one.checked.label, one.set) for one, logit in zip(claims, logits, strict=True)])


def of_relevance(judged: Iterable[Judged]) -> Outcomes:
    """Every candidate of every question: about 20, of which one or none answers."""
    rows = [
        (said.relevance, float(listed.grade >= _ANSWERS), one.asked.domain)
        for one in judged
        if one.asked.domain not in TOPICS
        for listed, said in zip(one.asked.candidates, one.said, strict=True)
        if listed.grade is not None and not 0 < listed.grade < _ANSWERS
    ]
    return _outcomes(rows)


def of_answers(judged: Iterable[Judged]) -> Outcomes:
    """Of sets whose answers are quoted: whether the likeliest words are those that answer."""
    rows = [
        (said.answered, float(_same(listed, said)), one.asked.domain)
        for one in judged
        if one.asked.spans
        for listed, said in zip(one.asked.candidates, one.said, strict=True)
        if listed.grade is not None and (listed.span is not None or not listed.grade)
    ]
    return _outcomes(rows)


def _outcomes(rows: Sequence[tuple[float, float, str]]) -> Outcomes:
    logits, happened, domain = zip(*rows, strict=True)
    return Outcomes(np.array(logits), np.array(happened), np.ones(len(rows)), np.array(domain))


def _same(listed: Listed, said: Judgement) -> bool:
    if listed.span is None or said.span is None:
        return False
    shared = min(listed.span[1], said.span[1]) - max(listed.span[0], said.span[0])
    lengths = sum(end - start for start, end in (listed.span, said.span))
    return 2 * shared >= _SAME_WORDS * lengths
