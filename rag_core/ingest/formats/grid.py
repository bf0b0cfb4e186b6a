"""Tables with merged cells, made plain: a value that spans several rows stands in each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_MAX_COLUMNS = 200


class Spanned(NamedTuple):
    """A cell and how many columns and rows it covers."""

    text: str
    columns: int = 1
    rows: int = 1


def fill_spans(rows: Iterable[Sequence[Spanned]]) -> Iterator[list[str]]:
    """Each row as plain cells. Over columns a value stands once (the other places are left out)."""
    open_spans: dict[int, tuple[str, int]] = {}  # column -> (text, rows that it still covers)
    for row in rows:
        cells: list[str] = []
        column = 0
        waiting = list(row)
        still_open: dict[int, tuple[str, int]] = {}
        while (waiting or any(place >= column for place in open_spans)) and column < _MAX_COLUMNS:
            if column in open_spans:
                text, rows_left = open_spans.pop(column)
                cells.append(text)
                if rows_left > 1:
                    still_open[column] = (text, rows_left - 1)
                column += 1
                continue
            if not waiting:
                cells.append("")
                column += 1
                continue
            cell = waiting.pop(0)
            cells.append(cell.text)
            if cell.rows > 1:
                still_open[column] = (cell.text, cell.rows - 1)
            column += max(1, cell.columns)
        open_spans = still_open
        yield cells
