"""Before paragraphs are made of lines: what stands on one line is put together, and vertical writing is turned."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag_core.ingest.formats.pdf_lines import Line

_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_CELL_GAP = 1.5
_WORD_GAP = 0.12
_MIN_SHARED_HEIGHT = 0.2  # an exponent hangs high
_MAX_OVERLAP = 0.4  # in sizes of the type: fractions and italics lean over their neighbours


def join_rows(lines: Sequence[Line]) -> list[Line]:
    """Pieces of one line that pdfium cut apart (an exponent, a fraction, a change of font, a cell) become one line."""
    rows: list[Line] = []
    for line in lines:
        if rows and _continues(rows[-1], line):
            rows[-1] = _together(rows[-1], line)
        else:
            rows.append(line)
    return rows


def is_vertical(lines: Sequence[Line]) -> bool:
    """East Asian text whose lines run downwards."""
    long = [line for line in lines if len(line.text) > 2]
    downwards = [line for line in long if line.y1 - line.y0 > 2 * (line.x1 - line.x0) and _EAST_ASIAN.search(line.text)]
    return len(downwards) > len(long) / 2


def turned(lines: Sequence[Line], edge: float) -> list[Line]:
    """Vertical lines as if they ran from left to right below each other: the first one stands at the right `edge`.

    A page may have several tiers, one below the other; each is read to its end.
    """
    moved = [replace(line, x0=line.y0, x1=line.y1, y0=edge - line.x1, y1=edge - line.x0) for line in lines]
    ordered: list[Line] = []
    tier: list[Line] = []
    for line in sorted(moved, key=lambda line: line.x0):
        if tier and line.x0 >= max(one.x1 for one in tier):
            ordered += sorted(tier, key=lambda line: line.y0)
            tier = []
        tier.append(line)
    return ordered + sorted(tier, key=lambda line: line.y0)


def _continues(row: Line, line: Line) -> bool:
    if row.hyphenated:
        return False
    shared = min(row.y1, line.y1) - max(row.y0, line.y0)
    lower = min(row.y1 - row.y0, line.y1 - line.y0)
    size = max(row.size, line.size)
    if line.x0 < row.x1 - _MAX_OVERLAP * size or row.y1 - row.y0 > 3 * size:
        return False
    return lower > 0 and shared > _MIN_SHARED_HEIGHT * lower


def _together(row: Line, line: Line) -> Line:
    size = max(row.size, line.size)
    gap = line.x0 - row.x1
    wide = gap > _CELL_GAP * size
    separator = " | " if wide else " " if gap > _WORD_GAP * size else ""
    return Line(
        row.text + separator + line.text,
        row.x0,
        min(row.y0, line.y0),
        max(row.x1, line.x1),
        max(row.y1, line.y1),
        size,
        row.bold and line.bold,
        line.hyphenated,
        row.tabular or line.tabular or wide,
    )
