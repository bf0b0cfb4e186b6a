"""The same words are shown once: copies of a paragraph in several documents, and versions that differ in a word."""

from __future__ import annotations

import re

_WORD = re.compile(r"\w")
_SHINGLE_CHARS = 12
NEAR_IDENTICAL = 0.9


class Seen:
    """Remembers the texts shown so far."""

    def __init__(self) -> None:
        self._shown: list[frozenset[str]] = []

    def add(self, text: str) -> bool:
        """True, and remembered, unless a text with (nearly) the same words was added before."""
        shingles = _shingles(text)
        if any(_resemblance(shingles, shown) >= NEAR_IDENTICAL for shown in self._shown):
            return False
        self._shown.append(shingles)
        return True


def _shingles(text: str) -> frozenset[str]:
    letters = "".join(_WORD.findall(text)).casefold()
    return frozenset(letters[at : at + _SHINGLE_CHARS] for at in range(max(1, len(letters) - _SHINGLE_CHARS + 1)))


def _resemblance(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard's coefficient."""
    if min(len(one), len(other)) < NEAR_IDENTICAL * max(len(one), len(other)):
        return 0.0
    return len(one & other) / len(one | other)
