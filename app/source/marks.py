"""Where words stand on a page: from ranges of its text to shapes, in points from the page's top left corner."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainterPath, QPolygonF, QTransform

from app.kit.design import Colours
from rag_core.types import LineBox, Page

_PASSAGE_PAD, _QUOTE_PAD = 3.0, 1.0  # points around the words
_FOUND_ALPHA = 0.3
_GAP_IN_LINES = 2.2  # lines further apart than so many line heights are boxed apart
_UPRIGHT = 3  # a line so many times higher than wide runs along the page

Shape = TypeVar("Shape", QPolygonF, QPainterPath)


class Direction(Enum):
    """How lines follow each other: in a page turned on its head they go up, in Japanese columns to the left."""

    DOWN = QTransform()
    UP = QTransform(-1, 0, 0, -1, 0, 0)
    LEFT = QTransform(0, -1, 1, 0, 0, 0)  # each line runs downwards
    RIGHT = QTransform(0, 1, -1, 0, 0, 0)  # each line runs upwards

    def straightened(self, rect: QRectF) -> QRectF:
        """As it would stand if lines ran to the right and followed each other down."""
        return self.value.mapRect(rect)

    def restored(self, shape: Shape) -> Shape:
        return self.value.inverted()[0].map(shape)


@dataclass(frozen=True, slots=True)
class LinePiece:
    """The part of one line that belongs to a range; `rect` is straightened."""

    rect: QRectF
    direction: Direction


def pieces(page: Page, start: int, end: int) -> list[LinePiece]:
    """The lines that `page.text[start:end]` touches, the first and the last cut where the range begins and ends."""
    first = bisect_right(page.lines, start, key=lambda line: line.end)
    last = bisect_left(page.lines, end, key=lambda line: line.start)
    across, upright = _directions(page) if first < last else (Direction.DOWN, Direction.LEFT)
    found = []
    for line in page.lines[first:last]:
        begin, stop = max(start, line.start), min(end, line.end)
        if page.text[begin:stop].strip():
            found.append(_cut(line, upright if _is_upright(line) else across, page.text, begin, stop))
    return found


def _directions(page: Page) -> tuple[Direction, Direction]:
    """Of lines that run across the page, and of lines that run along it: what most neighbours say."""
    across = along = 0
    for one, other in pairwise(page.lines):
        if _is_upright(one) and _is_upright(other):
            along += (other.x0 > one.x1) - (other.x1 < one.x0)
        elif not _is_upright(one) and not _is_upright(other):
            across += (other.y0 >= one.y1) - (other.y1 <= one.y0)
    return Direction.UP if across < 0 else Direction.DOWN, Direction.RIGHT if along > 0 else Direction.LEFT


def _is_upright(line: LineBox) -> bool:
    return line.y1 - line.y0 > _UPRIGHT * (line.x1 - line.x0)


def bounds(page: Page, start: int, end: int) -> QRectF:
    """The smallest rectangle around a range; a null one where the page has no boxes for it."""
    united = QRectF()
    for piece in pieces(page, start, end):
        united = united.united(piece.direction.value.inverted()[0].mapRect(piece.rect))
    return united


def passage_shape(page: Page, start: int, end: int) -> QPainterPath:
    """An outline around a range: one closed shape for each column or paragraph that it runs through."""
    path = QPainterPath()
    for group in _groups(pieces(page, start, end)):
        path.addPolygon(group[0].direction.restored(outline([piece.rect for piece in group], _PASSAGE_PAD)))
        path.closeSubpath()
    return path


def outline(rows: Sequence[QRectF], pad: float) -> QPolygonF:
    """One shape around rows of text that lie below each other, of which the first and the last may be cut."""
    left = min(row.left() for row in rows) - pad
    right = max(row.right() for row in rows) + pad
    seams = [(above.bottom() + below.top()) / 2 for above, below in pairwise(rows)]
    tops, bottoms = [rows[0].top() - pad, *seams], [*seams, rows[-1].bottom() + pad]
    first, last = rows[0].left() - pad, rows[-1].right() + pad
    down, up = [], []
    for index, (top, bottom) in enumerate(zip(tops, bottoms, strict=True)):
        edge = last if index == len(rows) - 1 else right
        down += [QPointF(edge, top), QPointF(edge, bottom)]
        edge = first if index == 0 else left
        up += [QPointF(edge, top), QPointF(edge, bottom)]
    return QPolygonF([*down, *reversed(up)])


def words_shape(page: Page, start: int, end: int) -> QPainterPath:
    """The words themselves, line by line, as a marker pen would."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    for piece in pieces(page, start, end):
        words = QPainterPath()
        words.addRoundedRect(piece.rect.adjusted(-_QUOTE_PAD, -_QUOTE_PAD, _QUOTE_PAD, _QUOTE_PAD), 1.5, 1.5)
        path.addPath(piece.direction.restored(words))
    return path


def underline_shape(page: Page, start: int, end: int) -> QPainterPath:
    """A line below the words, in the direction in which they run."""
    path = QPainterPath()
    for piece in pieces(page, start, end):
        line = QPainterPath(piece.rect.bottomLeft() + QPointF(0, _QUOTE_PAD))
        line.lineTo(piece.rect.bottomRight() + QPointF(0, _QUOTE_PAD))
        path.addPath(piece.direction.restored(line))
    return path


def found_colour(theme: Colours) -> QColor:
    """Behind the words that were searched for: the accent, thin enough to read through."""
    colour = QColor(theme.accent)
    colour.setAlphaF(_FOUND_ALPHA)
    return colour


def _groups(found: Sequence[LinePiece]) -> Iterator[list[LinePiece]]:
    """Pieces that follow each other down one column."""
    group: list[LinePiece] = []
    for piece in found:
        if group and not _goes_on(group[-1], piece):
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def _goes_on(above: LinePiece, below: LinePiece) -> bool:
    if above.direction is not below.direction:
        return False
    one, other = above.rect, below.rect
    height = max(one.height(), other.height())
    overlaps = min(one.right(), other.right()) > max(one.left(), other.left())
    follows = -0.5 * height < other.top() - one.bottom() < _GAP_IN_LINES * height
    return overlaps and follows


def _cut(line: LineBox, direction: Direction, text: str, start: int, end: int) -> LinePiece:
    """The share of the line's box. Widths are estimated with a font of ours: letters differ more than fonts do."""
    rect = direction.straightened(QRectF(line.x0, line.y0, line.x1 - line.x0, line.y1 - line.y0))
    if start <= line.start and end >= line.end:
        return LinePiece(rect, direction)
    whole = text[line.start : line.end]
    total = _advance(whole) or 1.0
    before = min(1.0, _advance(whole[: start - line.start]) / total) if start > line.start else 0.0
    until = min(1.0, _advance(whole[: end - line.start]) / total)
    if _runs_leftwards(whole):
        before, until = 1.0 - until, 1.0 - before
    return LinePiece(
        QRectF(rect.left() + before * rect.width(), rect.top(), (until - before) * rect.width(), rect.height()),
        direction,
    )


def _runs_leftwards(text: str) -> bool:
    """By its first letter, as the Unicode rules for paragraphs say."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return False


def _advance(text: str) -> float:
    return _metrics().horizontalAdvance(text) if text else 0.0


@lru_cache(maxsize=1)
def _metrics() -> QFontMetricsF:
    font = QFont("Arial")
    font.setStyleHint(QFont.StyleHint.SansSerif)
    font.setPixelSize(100)
    return QFontMetricsF(font)
