"""Does this passage say so? Compares a generated sentence with the sentences of a passage.

Support is the share of the sentence's content terms that the evidence holds, between 0 and 1. A number that the
evidence does not hold caps it: a wrong figure is the mistake that matters most in an office. It is a lexical check,
deliberately strict and the same on every machine; it cannot see that a paraphrase means the same, nor where a "not"
belongs, so negation that only one side has caps it as well. Where there is a reader, checking.py asks it too, but not
against such a conflict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from rag_core.answer.focus import is_row, piece_spans
from rag_core.text.words import content_terms, fold

SUPPORTED = 0.75
_CAP_ON_CONFLICT = 0.3
# Two sentences are better evidence than one only when they say clearly more.
_WORTH_A_SECOND_SENTENCE = 0.15
# "1.3 Overtime is agreed ...": a model that saw the heading repeats its number, which claims nothing.
_OUTLINE_NUMBER = re.compile(r"^\s*(?:§\s*)?\d{1,2}(?:\.\d{1,2})+\.?\s+(?=[^\W\d_a-z])")
_NEGATION = re.compile(r"\b(not|no|never|cannot|without|neither|nor)\b|n['’]t\b|ません|ない|なかった|ず、")


@dataclass(frozen=True, slots=True)
class Evidence:
    """`text[start:end]` is the sentence, or two adjacent ones, that supports best, with `support` in 0..1.

    `conflicts` where it lacks a figure of the sentence, or only one of the two negates.
    """

    start: int
    end: int
    support: float
    conflicts: bool = False


def best_evidence(sentence: str, text: str) -> Evidence:
    """The part of `text` that supports `sentence` best; support 0.0 and the whole of `text` when nothing does."""
    sentence = claim_of(sentence)
    wanted = content_terms(sentence)
    if not wanted:
        return Evidence(0, len(text), 0.0)
    best = Evidence(0, len(text), 0.0)
    for start, end, sentences in _windows(text):
        support, conflicts = _support(sentence, wanted, text[start:end])
        needed = best.support + (_WORTH_A_SECOND_SENTENCE if sentences > 1 else 0.0)
        if support > needed:
            best = Evidence(start, end, support, conflicts)
    return best


def claim_of(sentence: str) -> str:
    """What a sentence claims: without the number of the section that it was taken from."""
    return _OUTLINE_NUMBER.sub("", sentence)


def _windows(text: str) -> Iterator[tuple[int, int, int]]:
    """Single pieces first, then adjacent pairs; not of rows, because one says nothing of what the next is about."""
    spans = piece_spans(text)
    for start, end in spans:
        yield start, end, 1
    for first, second in pairwise(spans):
        if not (is_row(text[slice(*first)]) and is_row(text[slice(*second)])):
            yield first[0], second[1], 2


def _support(sentence: str, wanted: list[str], evidence: str) -> tuple[float, bool]:
    """The support, and whether it is bounded by a conflict."""
    held = set(content_terms(evidence))
    support = sum(term in held for term in wanted) / len(wanted)
    missing_number = any(term[0].isdigit() and term not in held for term in wanted)
    if missing_number or _negates(sentence) != _negates(evidence):
        return min(support, _CAP_ON_CONFLICT), True
    return support, False


def _negates(text: str) -> bool:
    return _NEGATION.search(fold(text)) is not None
