"""SQuAD's own scores, as its evaluation script computes them (Rajpurkar et al. 2016, 2018)."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence


def f1(predicted: str, answers: Sequence[str]) -> float:
    """Against the nearest answer; without answers, 1 where nothing was predicted."""
    return max((_f1(_words(predicted), _words(answer)) for answer in answers), default=float(not predicted))


def exact(predicted: str, answers: Sequence[str]) -> float:
    """As `f1`."""
    return max((float(_words(predicted) == _words(answer)) for answer in answers), default=float(not predicted))


def _f1(predicted: list[str], answer: list[str]) -> float:
    if not predicted or not answer:
        return float(predicted == answer)
    shared = (Counter(predicted) & Counter(answer)).total()
    return 2 * shared / (len(predicted) + len(answer))


def _words(text: str) -> list[str]:
    bare = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", bare).split()
