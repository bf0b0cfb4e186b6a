"""Paints one page of paper: its picture, the box, the words that are marked in it, what was looked for.

Paper is white in both themes, so the marks on it always take the colours of the light one; they are multiplied with
the picture, like ink of a marker pen, and black words stay black.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen

from app.kit.design import BODY, LIGHT, PAPER, M, colours
from app.source.marks import found_colour, passage_shape, underline_shape, words_shape
from app.source.page_pictures import PageBitmap
from app.source.source_model import SourceModel
from rag_core.types import LineBox, Page, TextMatch

_BORDER_PX = 2.0
_SHARP_PX = 1.5  # a picture that differs no more from its place is drawn pixel by pixel


@dataclass(slots=True)
class PageMarks:
    """What is marked on one page, as shapes in points."""

    boxed: QPainterPath | None = None
    marked: QPainterPath | None = None
    underline: QPainterPath | None = None  # of an answer: its mark is told by more than its colour
    matches: list[QPainterPath] = field(default_factory=list)
    match: QPainterPath | None = None


def marks_of(page: Page, model: SourceModel, matches: Sequence[TextMatch]) -> PageMarks:
    """Shapes of the ranges that lie on this page; `matches` do."""
    marks = PageMarks()
    boxed, marked, match = model.boxed, model.marked, model.match
    if boxed is not None and boxed.page == page.number:
        marks.boxed = passage_shape(page, boxed.start, boxed.end)
    if marked is not None and marked.page == page.number:
        marks.marked = words_shape(page, marked.start, marked.end)
        marks.underline = underline_shape(page, marked.start, marked.end) if marked == model.answer else None
    marks.matches = [words_shape(page, found.start, found.end) for found in matches if found != match]
    if match is not None and match.page == page.number:
        marks.match = words_shape(page, match.start, match.end)
    return marks


def paint_paper(painter: QPainter, rect: QRectF) -> None:
    """An empty sheet with a hairline around it."""
    painter.fillRect(rect, QColor(PAPER))
    painter.setPen(QPen(QColor(colours().border), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(rect.adjusted(-0.5, -0.5, 0.5, 0.5))


def paint_picture(painter: QPainter, rect: QRectF, picture: PageBitmap) -> None:
    """Pixel by pixel where the picture was made for this size, else stretched until the right one comes."""
    ratio = painter.device().devicePixelRatio()
    image = picture.image
    width, height = image.width() / ratio, image.height() / ratio
    if abs(width - rect.width()) * ratio < _SHARP_PX and abs(height - rect.height()) * ratio < _SHARP_PX:
        corner = QPointF(round(rect.left() * ratio) / ratio, round(rect.top() * ratio) / ratio)
        painter.drawImage(QRectF(corner, QRectF(0, 0, width, height).size()), image)
        return
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(rect, image)


def paint_waiting(painter: QPainter, rect: QRectF, scale: float, page: Page | None) -> None:
    """Grey bars where the lines will be."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(LIGHT.side))
    for line in page.lines if page else ():
        painter.drawRoundedRect(_placed(line, rect, scale), 2, 2)


def paint_words(painter: QPainter, rect: QRectF, scale: float, page: Page | None, reason: str) -> None:
    """The stored words at their places, for a page of which there is no picture, and above them why."""
    painter.save()
    painter.setPen(QColor(LIGHT.text))
    font = QFont(painter.font())
    for line in page.lines if page else ():
        place = _placed(line, rect, scale)
        font.setPixelSize(max(1, round(place.height() * 0.8)))
        painter.setFont(font)
        words = page.text[line.start : line.end] if page else ""
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, words)
    font.setPixelSize(BODY)
    painter.setFont(font)
    how = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)
    said = QRectF(painter.boundingRect(rect.adjusted(M, M, -M, -M), how, reason))
    band = QRectF(rect.left(), rect.top(), rect.width(), said.height() + 2 * M)
    painter.fillRect(band, QColor(LIGHT.warning_soft))
    painter.setPen(QColor(LIGHT.warning))
    painter.drawText(said, how, reason)
    painter.restore()


def paint_marks(painter: QPainter, rect: QRectF, scale: float, marks: PageMarks) -> None:
    """Fills first, multiplied with what is there; borders above them."""
    found = found_colour(LIGHT)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipRect(rect)
    painter.translate(rect.topLeft())
    painter.scale(scale, scale)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
    for shape, colour in (
        (marks.boxed, QColor(LIGHT.mark)),
        (marks.marked, QColor(LIGHT.quote)),
        *((shape, found) for shape in marks.matches),
        (marks.match, found),
    ):
        if shape is not None:
            painter.fillPath(shape, colour)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for shape, border in (
        (marks.boxed, LIGHT.mark_border),
        (marks.underline, LIGHT.warning),
        (marks.match, LIGHT.accent),
    ):
        if shape is not None:
            painter.setPen(
                QPen(
                    QColor(border),
                    _BORDER_PX / scale,
                    Qt.PenStyle.SolidLine,
                    Qt.PenCapStyle.SquareCap,
                    Qt.PenJoinStyle.RoundJoin,
                )
            )
            painter.drawPath(shape)
    painter.restore()


def _placed(line: LineBox, page: QRectF, scale: float) -> QRectF:
    """The box of a line on the screen."""
    corner = QPointF(page.left() + line.x0 * scale, page.top() + line.y0 * scale)
    return QRectF(corner, QSizeF((line.x1 - line.x0) * scale, (line.y1 - line.y0) * scale))
