"""What happened, beside what the reader said: the pairs that its three probabilities are calibrated on."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.training.reader.calibrating import Outcomes
from models.training.reader.claims import Checked, fm2_splits, made_from, varied
from models.training.reader.dev_questions import TOPICS
from models.training.reader.mining import Group
from models.training.reader.sets import fraction
from models.training.reader.shortlists import Asked, Listed
from models.training.relevance.calibrate import MIXTURE
from models.training.relevance.sources import Kind
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
    """A sentence with its evidence, and the set, or half of a set, that it is of."""

    set: str
    checked: Checked


def claims(qa: Path, asked: Iterable[Asked]) -> list[Claim]:
    """The dev claims of fool-me-twice as they are met in practice, several times with other sentences beside them; and
    sentences made from the answers in the shortlists, right and wrong."""
    rows = fm2_splits(qa / "fm2_claims.jsonl.gz")["dev"]
    rng = random.Random(_CLAIMS_SEED)
    published = dict.fromkeys(claim for _ in range(_CLAIMS_ROUNDS) for claim in varied(rows, rng))
    made = dict.fromkeys(made_from(list(_groups(asked)), rng))
    halves = [Claim("fm2-1" if fraction(one.sentence) < 0.5 else "fm2-2", one) for one in published]
    return halves + [Claim("made", one) for one in made]


def _groups(asked: Iterable[Asked]) -> Iterator[Group]:
    for one in asked:
        wrong = tuple((c.subject, c.text) for c in one.candidates if c.grade == 0.0)
        right = next((c for c in one.candidates if c.span is not None), None)
        if right is not None and one.domain in _PLAIN:
            yield Group(one.domain, one.question, right.subject, right.text, right.span, True, wrong)


def of_support(claims: Sequence[Claim], logits: Sequence[float]) -> Outcomes:
    return _outcomes([(logit, one.checked.label, one.set, 1.0) for one, logit in zip(claims, logits, strict=True)])


def of_relevance(judged: Sequence[Judged]) -> Outcomes:
    """Every candidate of every question: about 20, of which one or none answers."""
    counts = Counter((one.asked.domain, one.asked.kind) for one in judged)
    return _outcomes(
        [
            (said.relevance, float(listed.grade >= _ANSWERS), one.asked.domain, _weight(one, counts))
            for one in judged
            if one.asked.domain not in TOPICS
            for listed, said in zip(one.asked.candidates, one.said, strict=True)
            if listed.grade is not None and not 0 < listed.grade < _ANSWERS
        ]
    )


def of_answers(judged: Sequence[Judged]) -> Outcomes:
    """Of sets whose answers are quoted: whether the likeliest words of the candidate that the reader finds the most
    relevant are those that answer. In that one a person is shown them."""
    rows = []
    counts = Counter((one.asked.domain, one.asked.kind) for one in judged)
    for one in judged:
        pairs = zip(one.asked.candidates, one.said, strict=True)
        if one.asked.spans and (best := max(pairs, key=lambda pair: pair[1].relevance, default=None)):
            listed, said = best
            if listed.span is not None or listed.grade == 0.0:
                rows.append((said.answered, float(_same(listed, said)), one.asked.domain, _weight(one, counts)))
    return _outcomes(rows)


def _weight(one: Judged, counts: Mapping[tuple[str, Kind], int]) -> float:
    """Inside a domain, the kinds of question count as in models/training/relevance."""
    return MIXTURE[one.asked.kind] / counts[one.asked.domain, one.asked.kind]


def _outcomes(rows: Sequence[tuple[float, float, str, float]]) -> Outcomes:
    """From (logit, what happened, domain, weight)."""
    logits, happened, domain, weights = zip(*rows, strict=True)
    return Outcomes(np.array(logits), np.array(happened), np.array(weights), np.array(domain))


def _same(listed: Listed, said: Judgement) -> bool:
    if listed.span is None or said.span is None:
        return False
    shared = min(listed.span[1], said.span[1]) - max(listed.span[0], said.span[0])
    lengths = sum(end - start for start, end in (listed.span, said.span))
    return 2 * shared >= _SAME_WORDS * lengths
