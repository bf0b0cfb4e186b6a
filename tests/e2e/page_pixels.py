"""Where a colour lies in a picture of a page, and which words the file itself has there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pypdfium2
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage

from app.kit.design import LIGHT
from rag_core.types import LineBox

Mask = npt.NDArray[np.bool_]
_TOLERANCE = 6
_DARK = 110


def _multiplied(*colours: str) -> tuple[int, int, int]:
    """What inks of marker pens make on white paper, one over the other."""
    red = green = blue = 255.0
    for colour in map(QColor, colours):
        red, green, blue = red * colour.redF(), green * colour.greenF(), blue * colour.blueF()
    return round(red), round(green), round(blue)


PASSAGE = _multiplied(LIGHT.mark)
QUOTE = _multiplied(LIGHT.mark, LIGHT.quote)


def has_ink(picture: QImage, place: QRectF) -> bool:
    """Whether letters are printed in a rectangle."""
    dark = _pixels(picture).max(axis=2) < _DARK
    return bool(_part(np.asarray(dark, np.bool_), place).any())


def where(picture: QImage, colour: tuple[int, int, int]) -> Mask:
    """The pixels of a colour: rows, then columns."""
    wanted = np.array(colour[::-1], np.int16)
    return np.asarray((np.abs(_pixels(picture) - wanted) <= _TOLERANCE).all(axis=2), np.bool_)


def _pixels(picture: QImage) -> npt.NDArray[np.int16]:
    """Blue, green and red of each pixel."""
    rows = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), picture.bytesPerLine() // 4, 4)
    return rows[:, : picture.width(), :3].astype(np.int16)


def box_of(mask: Mask) -> QRectF:
    """The smallest rectangle around the pixels."""
    ys, xs = np.nonzero(mask)
    return QRectF(float(xs.min()), float(ys.min()), float(np.ptp(xs)) + 1, float(np.ptp(ys)) + 1)


def share_inside(mask: Mask, place: QRectF) -> float:
    """How much of a rectangle has the colour; the ink of the letters has not."""
    part = _part(mask, place)
    return float(part.mean()) if part.size else 0.0


def count_outside(mask: Mask, places: Sequence[QRectF]) -> int:
    rest = mask.copy()
    for place in places:
        _part(rest, place)[:] = False
    return int(rest.sum())


def _part(mask: Mask, place: QRectF) -> Mask:
    left, top = max(0, round(place.left())), max(0, round(place.top()))
    return mask[top : max(top, round(place.bottom())), left : max(left, round(place.right()))]


def placed(line: LineBox, paper: QRectF, scale: float, pad_points: float = 0.0) -> QRectF:
    """A line's box in the picture, with room around it."""
    box = QRectF(line.x0, line.y0, line.x1 - line.x0, line.y1 - line.y0)
    box.adjust(-pad_points, -pad_points, pad_points, pad_points)
    return QRectF(
        paper.left() + box.left() * scale, paper.top() + box.top() * scale, box.width() * scale, box.height() * scale
    )


def words_in_file(path: Path, page: int, place: QRectF, paper: QRectF, scale: float) -> str:
    """What the PDF itself says inside a rectangle of the picture, without asking Alcove."""
    with pypdfium2.PdfDocument(path) as document:
        sheet = document[page - 1]
        height = sheet.get_height()
        text = sheet.get_textpage().get_text_bounded(
            left=(place.left() - paper.left()) / scale,
            right=(place.right() - paper.left()) / scale,
            top=height - (place.top() - paper.top()) / scale,
            bottom=height - (place.bottom() - paper.top()) / scale,
        )
    return " ".join(str(text).split())
