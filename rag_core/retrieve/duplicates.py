"""The same words are shown once: copies of a paragraph in several documents, and versions that differ in a word."""

from __future__ import annotations

NEAR_IDENTICAL = 0.9
_PIECE_CHARS = 4  # in scripts without spaces


class Seen:
    """Remembers the texts shown so far."""

    def __init__(self) -> None:
        self._shown: list[frozenset[str]] = []

    def add(self, text: str) -> bool:
        """True, and remembered, unless a text with (nearly) the same words was added before."""
        words = _words(text)
        if any(_resemblance(words, shown) >= NEAR_IDENTICAL for shown in self._shown):
            return False
        self._shown.append(words)
        return True


def _words(text: str) -> frozenset[str]:
    """Words; for scripts without spaces, overlapping pieces."""
    folded = text.casefold()
    words = folded.split()
    if len(words) * 16 > len(folded):
        return frozenset(words)
    joined = "".join(words)
    return frozenset(joined[at : at + _PIECE_CHARS] for at in range(max(1, len(joined) - _PIECE_CHARS + 1)))


def _resemblance(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard's coefficient."""
    if min(len(one), len(other)) < NEAR_IDENTICAL * max(len(one), len(other)):
        return 0.0
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)
