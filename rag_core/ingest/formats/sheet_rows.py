"""Tables in a sheet: where they begin and end, and which of their rows names the columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_core.ingest.formats.flow import FlowBuilder
from rag_core.ingest.formats.table_rows import header_of, joined, named

_REGION_ROWS = 200  # so many rows are looked at together; a longer table goes on under the same header
_Row = list[str]


class SheetWriter:
    """Takes the rows of one sheet; writes them as blocks, each value with the name of its column where there is one.

    Rows between empty rows belong together. Tables that stand side by side, at different heights, are told apart.
    """

    def __init__(self, flow: FlowBuilder, title: str) -> None:
        self._flow = flow
        self._title = title  # a heading above the first row; a sheet without rows needs none
        self._rows: list[_Row] = []
        self._headers: dict[int, _Row] = {}  # first column of a table -> the names under which it goes on
        self._columns: list[tuple[int, int]] | None = None  # of the tables of a region that goes on
        self._last: tuple[set[int], _Row] = (set(), [])  # the table before: its columns and names

    def add(self, row: _Row) -> None:
        if not any(row):
            self._write()
            self._columns = None
        elif len(self._rows) == _REGION_ROWS:
            self._write()
            self._rows = [row]
        else:
            self._rows.append(row)

    def finish(self) -> None:
        self._write()

    def _write(self) -> None:
        rows, self._rows = self._rows, []
        if not rows:
            return
        if self._title:
            self._flow.add("heading", self._title, 1)
            self._title = ""
        goes_on = self._columns is not None
        if self._columns is None:
            self._columns = list(_side_by_side(rows))
        for first, end in self._columns:
            part = [row[first:end] for row in rows]
            part = [row for row in part if any(row)]
            if goes_on:
                self._add_rows(part, self._headers.get(first, []))
            else:
                self._headers[first] = self._table(part, first)

    def _table(self, rows: list[_Row], first: int) -> _Row:
        """Write a table from its first row on; gives the names under which it goes on."""
        while (
            rows
            and sum(map(bool, rows[0])) == 1
            and len(rows[0]) > 1
            and _columns(rows[1:], 0) != _columns(rows[:1], 0)
        ):
            self._flow.add("paragraph", joined(filter(None, rows[0])))  # a title above the table
            rows = rows[1:]
        header = header_of(rows)
        before_columns, before_header = self._last
        within = _columns(rows, first) <= before_columns
        if header is not None and not (within and not _has_values(rows)):
            self._flow.add("table_row", joined(filter(None, header)))
            names, rows = list(header), rows[1:]
        else:
            names = before_header if within else []
        self._add_rows(rows, names)
        self._last = (_columns([names], first), names) if names else (set(), [])
        return names

    def _add_rows(self, rows: Sequence[_Row], names: _Row) -> None:
        for row in rows:
            self._flow.add("table_row", named(names, row) if names else joined(filter(None, row)))


def _side_by_side(rows: Sequence[_Row]) -> Iterator[tuple[int, int]]:
    """Column ranges of tables that an empty column parts and that do not cover the same rows."""
    width = max(len(row) for row in rows)
    filled = _columns(rows, 0)
    groups: list[tuple[int, int]] = []
    for column in sorted(filled):
        if groups and groups[-1][1] == column:
            groups[-1] = (groups[-1][0], column + 1)
        else:
            groups.append((column, column + 1))
    heights = [_rows_of(rows, first, end) for first, end in groups]
    start = groups[0][0]
    for index, (_, end) in enumerate(groups):
        if index + 1 == len(groups):
            yield start, width
        elif heights[index] != heights[index + 1]:
            yield start, end
            start = groups[index + 1][0]


def _rows_of(rows: Sequence[_Row], first: int, end: int) -> tuple[int, int]:
    places = [index for index, row in enumerate(rows) if any(row[first:end])]
    return places[0], places[-1]


def _columns(rows: Sequence[_Row], first: int) -> set[int]:
    return {first + index for row in rows for index, cell in enumerate(row) if cell}


def _has_values(rows: Sequence[_Row]) -> bool:
    return any(cell and cell[0].isdigit() for row in rows[1:] for cell in row)
