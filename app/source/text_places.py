"""Where the words of a page stand in a document that shows some of them in table cells and leaves separators out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from app.kit.text_offsets import Utf16Offsets


@dataclass(frozen=True, slots=True)
class _Piece:
    """`text[start:end]` stands in the document from `position` on."""

    start: int
    end: int
    position: int


class TextPlaces:
    """From ranges of a page's text to ranges of positions, and back. Pieces are added in the order of the text."""

    def __init__(self, text: str) -> None:
        self._offsets = Utf16Offsets(text)
        self._pieces: list[_Piece] = []

    def add(self, start: int, end: int, position: int) -> None:
        """`text[start:end]` was written at `position`."""
        if start < end:
            self._pieces.append(_Piece(start, end, position))

    def ranges(self, start: int, end: int) -> list[tuple[int, int]]:
        """The positions that show any of `text[start:end]`: one range for each piece that it touches.

        What is not shown itself (the name of a column, repeated in every row) is where its value stands.
        """
        first = bisect_right(self._pieces, start, key=lambda piece: piece.end)
        found = [
            (self._position(piece, max(start, piece.start)), self._position(piece, min(end, piece.end)))
            for piece in self._pieces[first : bisect_left(self._pieces, end, key=lambda piece: piece.start)]
        ]
        if not found and self._pieces:
            piece = self._pieces[min(first, len(self._pieces) - 1)]
            if end <= start and piece.start <= start:
                position = self._position(piece, min(start, piece.end))
                return [(position, position)]
            return [(self._position(piece, piece.start), self._position(piece, piece.end))]
        return found

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The range of the text that the positions from `first` to `last` show."""
        return self._offset(first), self._offset(last)

    def _position(self, piece: _Piece, offset: int) -> int:
        return piece.position + self._offsets.to_qt(offset) - self._offsets.to_qt(piece.start)

    def _offset(self, position: int) -> int:
        index = bisect_right(self._pieces, position, key=lambda piece: piece.position) - 1
        if index < 0:
            return self._pieces[0].start if self._pieces else 0
        piece = self._pieces[index]
        units = self._offsets.to_qt(piece.start) + position - piece.position
        return min(self._offsets.to_python(units), piece.end)
