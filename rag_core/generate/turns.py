"""One text at a time: a language model has one state, so two texts that are made in turn would mix their words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

Piece = TypeVar("Piece")


class Turns:
    """Only the iterator that was begun last may be used. One that was closed, dropped or never used blocks no other."""

    def __init__(self) -> None:
        self._turn = 0

    def begin(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        """The same pieces. Raises RuntimeError at the next one when another turn has begun, or `end` was called."""
        self._turn += 1
        return self._of(self._turn, pieces)

    def end(self) -> None:
        """What was begun may not go on."""
        self._turn += 1

    def _of(self, turn: int, pieces: Iterator[Piece]) -> Iterator[Piece]:
        while True:
            if turn != self._turn:
                raise RuntimeError("One text at a time: another one was begun, so this one cannot go on.")
            try:
                piece = next(pieces)
            except StopIteration:
                return
            yield piece
