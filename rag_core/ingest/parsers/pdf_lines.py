"""Lines of a PDF page with their boxes, as pdfium sees them."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from typing import Any

from rag_core.ingest.parsers.flow import clean

_HYPHEN_AT_LINE_END = 0x02  # pdfium's code for a hyphen that breaks a word; the next character starts a new line
_BOLD_WEIGHT = 600
_ALEFS, _LAM = frozenset((0x622, 0x623, 0x625, 0x627)), 0x644
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """One line in reading order. Box in points from the top left of the page as shown; `size` in points."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool = False
    hyphenated: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """From PDF coordinates (origin at the bottom left, before rotation) to the page as shown."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int

    @property
    def size(self) -> tuple[float, float]:
        width, height = self.right - self.left, self.top - self.bottom
        return (width, height) if self.rotation % 180 == 0 else (height, width)

    def shown(self, left: float, bottom: float, right: float, top: float) -> Box:
        """A box (left <= right, bottom <= top) as (x0, y0, x1, y1) with y downwards."""
        if self.rotation == 90:
            return bottom - self.bottom, left - self.left, top - self.bottom, right - self.left
        if self.rotation == 180:
            return self.right - right, bottom - self.bottom, self.right - left, top - self.bottom
        if self.rotation == 270:
            return self.top - top, self.right - right, self.top - bottom, self.right - left
        return left - self.left, self.top - top, right - self.left, self.top - bottom


def frame_of(page: Any) -> Frame:
    left, bottom, right, top = page.get_bbox()
    return Frame(left, bottom, right, top, page.get_rotation())


def read_lines(text_page: Any, frame: Frame) -> list[Line]:
    """All lines that hold something visible, in pdfium's reading order."""
    from pypdfium2 import raw

    page = text_page.raw
    code_at = raw.FPDFText_GetUnicode
    codes = [code_at(page, index) for index in range(max(0, raw.FPDFText_CountChars(page)))]
    if codes and max(codes) > sys.maxunicode:
        codes = [min(code, 0xFFFD) for code in codes]  # a broken font: not a character at all
    if _LAM in codes:
        _order_ligatures(raw, page, codes)
    lines: list[Line] = []
    start = 0
    for index, code in enumerate([*codes, 0x0A]):
        if code not in (0x0A, 0x0D, _HYPHEN_AT_LINE_END):
            continue
        text = clean("".join(map(chr, codes[start:index]))).replace("\n", " ")
        if text.strip():
            hyphenated = code == _HYPHEN_AT_LINE_END
            lines.append(_measured(raw, page, codes, start, index, text, hyphenated, frame))
        start = index + 1
    return lines


def _order_ligatures(raw: Any, page: Any, codes: list[int]) -> None:
    """One glyph may stand for lam and alef; pdfium turns the line around and with it the two letters of the glyph."""
    for index in range(len(codes) - 1):
        if (
            codes[index] in _ALEFS
            and codes[index + 1] == _LAM
            and _origin(raw, page, index) == _origin(raw, page, index + 1)
        ):
            codes[index], codes[index + 1] = codes[index + 1], codes[index]


def _origin(raw: Any, page: Any, index: int) -> tuple[float, float]:
    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(page, index, x, y)
    return x.value, y.value


def _measured(
    raw: Any, page: Any, codes: list[int], start: int, end: int, text: str, hyphenated: bool, frame: Frame
) -> Line:
    box = _union(raw, page, start, end - start + hyphenated)
    first = next((index for index in range(start, end) if codes[index] > 0x20), start)
    loose = raw.FS_RECTF()
    if raw.FPDFText_GetLooseCharBox(page, first, loose):
        size = _upright_extent(frame.shown(loose.left, loose.bottom, loose.right, loose.top), box, frame)
        if box is None:
            box = (loose.left, loose.bottom, loose.right, loose.top)
    else:
        size = 0.0
    box = box or (frame.left, frame.top, frame.left, frame.top)
    x0, y0, x1, y1 = frame.shown(*box)
    bold = raw.FPDFText_GetFontWeight(page, first) >= _BOLD_WEIGHT
    return Line(text.strip(), x0, y0, max(x0, x1), max(y0, y1), size or (y1 - y0), bold, hyphenated)


def _upright_extent(glyph: Box, line: Box | None, frame: Frame) -> float:
    """The font's height: across the direction in which the line runs."""
    if line is not None:
        x0, y0, x1, y1 = frame.shown(*line)
        if (y1 - y0) > 3 * (x1 - x0):  # the line runs downwards: rotated text
            return glyph[2] - glyph[0]
    return glyph[3] - glyph[1]


def _union(raw: Any, page: Any, start: int, count: int) -> Box | None:
    left, top, right, bottom = (ctypes.c_double() for _ in range(4))
    boxes: list[Box] = []
    for index in range(raw.FPDFText_CountRects(page, start, count)):
        if raw.FPDFText_GetRect(page, index, left, top, right, bottom):
            xs, ys = sorted((left.value, right.value)), sorted((bottom.value, top.value))
            boxes.append((xs[0], ys[0], xs[1], ys[1]))
    if not boxes:
        return None
    x0s, y0s, x1s, y1s = zip(*boxes, strict=True)
    return min(x0s), min(y0s), max(x1s), max(y1s)
