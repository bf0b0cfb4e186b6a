"""Pages under each other: where each stands, without any of them being there. Lengths are in pixels of the view."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF

from rag_core.types import PageInfo

MARGIN, GAP = 12, 12
_A4 = (595.0, 842.0)  # points; for a page that does not tell its size
MIN_SCALE, MAX_SCALE = 0.2, 8.0
_MAX_FIT_SCALE = 2.4  # a visiting card does not grow to the width of the window


@dataclass(frozen=True, slots=True)
class PageLayout:
    """`scales` are pixels per point, one for each page: with "fit width" every page fills the width."""

    width: float
    height: float
    tops: tuple[float, ...]
    sizes: tuple[tuple[float, float], ...]
    scales: tuple[float, ...]

    def rect(self, index: int) -> QRectF:
        width, height = self.sizes[index]
        return QRectF((self.width - width) / 2, self.tops[index], width, height)

    def at(self, y: float) -> int:
        """The page at a height; the gap below a page belongs to it."""
        return max(0, bisect_right(self.tops, y) - 1)

    def between(self, top: float, bottom: float) -> range:
        """Pages that show between two heights."""
        if not self.tops:
            return range(0)
        first = self.at(top)
        if self.tops[first] + self.sizes[first][1] < top and first + 1 < len(self.tops):
            first += 1
        return range(first, self.at(bottom) + 1)


def lay_out(pages: Sequence[PageInfo], view_width: float, scale: float | None) -> PageLayout:
    """All pages at `scale`, or each as wide as the view where it is None."""
    room = max(60.0, view_width - 2 * MARGIN)
    tops, sizes, scales = [], [], []
    top, widest = float(MARGIN), 0.0
    for page in pages:
        points = (page.width, page.height) if page.width > 0 and page.height > 0 else _A4
        own = scale if scale is not None else min(room / points[0], _MAX_FIT_SCALE)
        width, height = float(round(points[0] * own)), float(round(points[1] * own))
        tops.append(top)
        sizes.append((width, height))
        scales.append(own)
        top += height + GAP
        widest = max(widest, width)
    height = top - GAP + MARGIN if pages else 0.0
    return PageLayout(max(view_width, widest + 2 * MARGIN), height, tuple(tops), tuple(sizes), tuple(scales))
