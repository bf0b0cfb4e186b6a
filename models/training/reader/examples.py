"""Groups and claims, tokenised and sorted by length, ready for batches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models.recipes.reader.pairs import Pair, PairEncoder
from models.training.reader.mining import Group
from models.training.reader.sets import fraction

# So many groups are shown without their subjects: not every document has a telling title.
_WITHOUT_SUBJECT = 0.5


@dataclass(frozen=True, slots=True)
class Question:
    """A group as pairs."""

    pair: Pair
    answerable: bool
    has_span: bool
    negatives: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence with evidence; `label` 1 where the evidence supports it."""

    pair: Pair
    label: float


def questions_from(groups: Iterable[Group], encoder: PairEncoder) -> list[Question]:
    """Sorted by the length of their longest pair."""
    questions = []
    for group in groups:
        named = fraction(group.question) >= _WITHOUT_SUBJECT
        own = encoder.pair(group.question, group.subject if named else "", group.passage, group.span)
        wrong = [encoder.pair(group.question, subject if named else "", text) for subject, text in group.negatives]
        questions.append(Question(own, group.answerable, group.span is not None and own.start > 0, tuple(wrong)))
    return sorted(questions, key=lambda q: max(len(pair.ids) for pair in (q.pair, *q.negatives)))


def claims_from(claims: Iterable[tuple[str, str, float]], encoder: PairEncoder) -> list[Claim]:
    """From (sentence, evidence, label), sorted by length."""
    made = [Claim(encoder.pair(claim, "", evidence), label) for claim, evidence, label in claims]
    return sorted(made, key=lambda claim: len(claim.pair.ids))
