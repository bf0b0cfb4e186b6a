"""A page of a sheet as a table: cells by row and column, told apart from the stored text only when they are shown."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from app.kit.side_list import Index
from app.source.source_model import SourceModel
from rag_core.ingest.table_cells import CellSpan, rows_of
from rag_core.types import Page, TextMatch

CellMark = Literal["", "boxed", "marked", "answer", "found", "match"]
MARK_ROLE = Qt.ItemDataRole.UserRole + 1
IN_BOX_ROLE = Qt.ItemDataRole.UserRole + 3
STRONG_ROLE = Qt.ItemDataRole.UserRole + 2  # whether it is the name of a column, or a heading
_ROWS_ASKED = 50


@dataclass(frozen=True, slots=True)
class SheetRow:
    """`page.text[start:end]`: cells, or one text over the whole width (a heading, a note), which has none."""

    start: int
    end: int
    cells: tuple[CellSpan, ...] = ()
    is_heading: bool = False


def sheet_rows(page: Page) -> list[SheetRow]:
    """Every block of the page is a row."""
    tables = iter(rows_of(page))
    return [
        SheetRow(block.start, block.end, next(tables) if block.kind == "table_row" else (), block.kind == "heading")
        for block in page.blocks
    ]


class SheetTable(QAbstractTableModel):
    """Rows of one page. Nothing is made for a cell before it is looked at."""

    def __init__(self, model: SourceModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._page: Page | None = None
        self._rows: Sequence[SheetRow] = ()
        self._columns = 0
        self.names: tuple[str, ...] = ()  # of the columns, where they hold for the whole page
        self.first_row_is_names = False

    @property
    def page(self) -> Page | None:
        return self._page

    def show(self, page: Page | None, rows: Sequence[SheetRow]) -> None:
        self.beginResetModel()
        self._page, self._rows = page, rows
        self._columns = max((row.cells[-1].place + 1 for row in rows if row.cells), default=1 if rows else 0)
        headers = [number for number, row in enumerate(rows) if row.cells and row.cells[0].is_header]
        self.names = _names(rows, headers)
        self.first_row_is_names = headers == [0]
        self.endResetModel()

    def refresh_marks(self) -> None:
        if self._rows and self._columns:
            corner = self.index(len(self._rows) - 1, self._columns - 1)
            self.dataChanged.emit(self.index(0, 0), corner, [MARK_ROLE])

    def row(self, number: int) -> SheetRow:
        return self._rows[number]

    def row_at(self, offset: int) -> int:
        """The row in which an offset of the page's text lies, or the next one below."""
        found = bisect_right(self._rows, offset, key=lambda row: row.start) - 1
        if found >= 0 and self._rows[found].end <= offset and found + 1 < len(self._rows):
            found += 1
        return max(0, found)

    def cell_at(self, offset: int) -> QModelIndex:
        """The cell of an offset; the first of its row where it lies between cells."""
        if not self._rows:
            return QModelIndex()
        number = self.row_at(offset)
        column = next((cell.place for cell in self._rows[number].cells if offset < cell.end), 0)
        return self.index(number, column)

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else self._columns

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if self._page is None or not index.isValid():
            return None
        row = self._rows[index.row()]
        cell = next((cell for cell in row.cells if cell.place == index.column()), None)
        start, end = (cell.start, cell.end) if cell else (row.start, row.end)
        if role == IN_BOX_ROLE:
            return self._in_box(start, end, is_whole=cell is None and bool(row.cells))
        if role == MARK_ROLE:
            return self._mark(start, end, is_whole=cell is None and bool(row.cells))
        if cell is None and (row.cells or index.column()):
            return None  # an empty cell, or the rest of a text over the whole width
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._page.text[cell.value_start : cell.value_end] if cell else self._page.text[start:end]
        if role == STRONG_ROLE:
            return row.is_heading or (cell is not None and cell.is_header)
        return None

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Horizontal:
            return self.names[section] if section < len(self.names) else ""
        return section + 1

    def _mark(self, start: int, end: int, is_whole: bool) -> CellMark:
        """`is_whole`: of an empty cell; it belongs to what its whole row belongs to."""
        model, number = self._model, self._page.number if self._page else 0
        if not is_whole:
            if _touches(model.match, number, start, end):
                return "match"
            matches = model.matches_on(number)
            first = bisect_right(matches, start, key=lambda found: found.end)
            if first < bisect_left(matches, end, key=lambda found: found.start):
                return "found"
        marked = model.marked
        if _covers(marked, number, start, end) or (not is_whole and _touches(marked, number, start, end)):
            return "answer" if marked == model.answer else "marked"
        return "boxed" if self._in_box(start, end, is_whole) else ""

    def _in_box(self, start: int, end: int, is_whole: bool) -> bool:
        place, number = self._model.boxed, self._page.number if self._page else 0
        return _covers(place, number, start, end) if is_whole else _touches(place, number, start, end)


def _names(rows: Sequence[SheetRow], headers: Sequence[int]) -> tuple[str, ...]:
    """What stands above the columns of the whole page: its first row names them, or, in a later part, the cells do."""
    named = [cell for row in rows[:1] for cell in row.cells]
    if headers and list(headers) != [0]:
        return ()  # the names stand among the rows, above what they name
    if not headers:
        named = [cell for row in rows[:_ROWS_ASKED] for cell in row.cells if cell.column]
    names: dict[int, str] = {}
    for cell in named:
        names.setdefault(cell.place, cell.column)
    return tuple(names.get(place, "") for place in range(max(names, default=-1) + 1))


def _touches(place: TextMatch | None, number: int, start: int, end: int) -> bool:
    return place is not None and place.page == number and place.start < end and start < place.end


def _covers(place: TextMatch | None, number: int, start: int, end: int) -> bool:
    return place is not None and place.page == number and place.start <= start and end <= place.end
