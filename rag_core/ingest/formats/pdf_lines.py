"""Lines of a PDF page with their boxes, as pdfium sees them."""

from __future__ import annotations

import ctypes
import math
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rag_core.ingest.formats.flow import clean

_HYPHEN_AT_LINE_END = 0x02  # pdfium's code for a hyphen that breaks a word; the next character starts a new line
_LINE_ENDS = frozenset((0x0A, 0x0D, _HYPHEN_AT_LINE_END))
_CELL_GAP = 1.5  # in sizes of the type: wider than any space of a justified line
_NEXT_CELL_GAP = 0.8  # in a line that has such a gap
_BOLD_NAME = re.compile(rb"bold|black|heavy|demi|cmbx|[-,]bd", re.IGNORECASE)
_FONT_NAME_BYTES = 128
_DOT = 0x2E
_ITEM_MARK = re.compile(r"[\W_]|\(?[\d.]{1,8}[.)]?|\(?\w[.)]")
_CAPTION = re.compile(r"[^\W\d]{1,10}\.? ?[\d.]+[.:]?")  # "Table 1."
_LEADERS = re.compile(r"\s*(?:\. ?){4,}")
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
    tabular: bool = False  # cells side by side: a row of a table


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
    return _PageReader(text_page.raw, frame).lines()


class _PageReader:
    """Asks pdfium about the characters of one page, as seldom as possible: each question costs half a microsecond."""

    def __init__(self, page: Any, frame: Frame) -> None:
        from pypdfium2 import raw

        self._raw = raw
        self._page = page
        self._frame = frame
        self._numbers = (ctypes.c_double(), ctypes.c_double(), ctypes.c_double(), ctypes.c_double())
        self._matrix = raw.FS_MATRIX()
        code_at = raw.FPDFText_GetUnicode
        self._codes: list[int] = [code_at(page, index) for index in range(max(0, raw.FPDFText_CountChars(page)))]
        if self._codes and max(self._codes) > sys.maxunicode:
            self._codes = [min(code, 0xFFFD) for code in self._codes]  # a broken font: not a character at all
        if _LAM in self._codes:
            self._order_ligatures()

    def lines(self) -> list[Line]:
        lines: list[Line] = []
        start = 0
        for index, code in enumerate([*self._codes, 0x0A]):
            if code not in _LINE_ENDS:
                continue
            text = self._text(start, index)
            if text:
                lines.append(self._line(start, index, text, code == _HYPHEN_AT_LINE_END))
            start = index + 1
        return lines

    def _text(self, start: int, end: int) -> str:
        text = clean("".join(map(chr, self._codes[start:end]))).replace("\n", " ").strip()
        return _LEADERS.sub(" … ", text) if "..." in text or ". ." in text else text

    def _line(self, start: int, end: int, text: str, hyphenated: bool) -> Line:
        boxes = self._boxes(start, end - start + hyphenated)
        first = next((index for index in range(start, end) if self._codes[index] > 0x20), start)
        if not boxes:  # fonts of vertical writing have no rectangles
            boxes = [self._char_box(index) for index in range(start, end) if self._codes[index] > 0x20]
        boxes = boxes or [(0.0, 0.0, 0.0, 0.0)]
        x0, y0 = min(box[0] for box in boxes), min(box[1] for box in boxes)
        x1, y1 = max(box[2] for box in boxes), max(box[3] for box in boxes)
        downwards = (y1 - y0) > 3 * (x1 - x0)
        size = self._type_size(first) or (x1 - x0 if downwards else y1 - y0)
        tabular = False
        if not downwards and _widest_gap(boxes) > _CELL_GAP * size:
            text, tabular = self._cells(start, end, size, text)
        return Line(text, x0, y0, x1, y1, size, self._is_bold(first), hyphenated, tabular)

    def _boxes(self, start: int, count: int) -> list[Box]:
        left, top, right, bottom = self._numbers
        boxes: list[Box] = []
        for index in range(self._raw.FPDFText_CountRects(self._page, start, count)):
            if self._raw.FPDFText_GetRect(self._page, index, left, top, right, bottom):
                xs, ys = sorted((left.value, right.value)), sorted((bottom.value, top.value))
                if xs == ys == [0.0, 0.0]:
                    continue
                boxes.append(self._frame.shown(xs[0], ys[0], xs[1], ys[1]))
        return boxes

    def _cells(self, start: int, end: int, size: float, text: str) -> tuple[str, bool]:
        """The line cut at gaps that are too wide for a space: "Paper | 12 | 3.50". Not behind a number or a bullet."""
        codes = self._codes
        cells: list[str] = []
        begin = before = start
        for index in range(start + 1, end):
            if codes[index] <= 0x20:
                continue
            # pdfium puts a space into every gap; dots that lead to a page number have no cells between them
            may_be_gap = codes[index - 1] <= 0x20 and not codes[before] == codes[index] == _DOT
            if may_be_gap and self._char_box(index)[0] - self._char_box(before)[2] > _NEXT_CELL_GAP * size:
                cells.append(self._text(begin, index))
                begin = index
            before = index
        cells = [cell for cell in (*cells, self._text(begin, end)) if cell]
        mark = " ".join(cells[:-1])
        if _ITEM_MARK.fullmatch(mark) or (_CAPTION.fullmatch(mark) and cells[-1].count(" ") >= 2):
            return " ".join(cells), False
        return (" | ".join(cells), True) if len(cells) > 1 else (text, False)

    def _char_box(self, index: int) -> Box:
        left, right, bottom, top = self._numbers
        self._raw.FPDFText_GetCharBox(self._page, index, left, right, bottom, top)
        return self._frame.shown(left.value, bottom.value, right.value, top.value)

    def _type_size(self, index: int) -> float:
        """In points, as shown: the size alone means nothing without the matrix, and boxes differ from font to font."""
        matrix = self._matrix
        if not self._raw.FPDFText_GetMatrix(self._page, index, matrix):
            return 0.0
        return float(self._raw.FPDFText_GetFontSize(self._page, index)) * math.hypot(matrix.c, matrix.d)

    def _is_bold(self, index: int) -> bool:
        """By the font's name; the weight that pdfium derives from stem widths takes many fonts of formulas for bold."""
        name = ctypes.create_string_buffer(_FONT_NAME_BYTES)
        self._raw.FPDFText_GetFontInfo(self._page, index, name, _FONT_NAME_BYTES, None)
        return _BOLD_NAME.search(name.value) is not None

    def _order_ligatures(self) -> None:
        """One glyph may stand for lam and alef; pdfium turns the line around, and with it the letters of the glyph."""
        codes = self._codes
        for index in range(len(codes) - 1):
            if codes[index] in _ALEFS and codes[index + 1] == _LAM and self._origin(index) == self._origin(index + 1):
                codes[index], codes[index + 1] = codes[index + 1], codes[index]

    def _origin(self, index: int) -> tuple[float, float]:
        x, y = ctypes.c_double(), ctypes.c_double()
        self._raw.FPDFText_GetCharOrigin(self._page, index, x, y)
        return x.value, y.value


def _widest_gap(boxes: Sequence[Box]) -> float:
    return max((after[0] - before[2] for before, after in pairwise(boxes)), default=0.0)
