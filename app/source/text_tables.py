"""Writes a page's text into a document, its tables as tables, and says where every word of it stands."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
    QTextTableCell,
    QTextTableFormat,
)

from app.kit.design import S, colours
from app.source.text_places import TextPlaces
from rag_core.ingest.formats.table_rows import header_of
from rag_core.ingest.table_cells import CellSpan, rows_of
from rag_core.types import Block, Page

_MAX_ROWS, _MAX_CELLS, _MAX_COLUMNS = 300, 450, 12  # beyond, rows stay lines: laying out a table costs much more
_CELL_PADDING_PX = 6
_MEASURED_ROWS, _MEASURED_CHARS = 60, 60
_ROUNDING_PX = 4
_WORD = re.compile(r"[^\s\u2e80-\u9fff\uac00-\ud7af\uf900-\uffef]+|.")  # a line may break after any ideograph
_WANTED, _LEAST = QTextFormat.Property.UserProperty + 1, QTextFormat.Property.UserProperty + 2

Row = tuple[CellSpan, ...]


@dataclass(frozen=True, slots=True)
class ShownTable:
    """Rows that are shown as a table; `text[start:end]` holds them. `has_header`: the first names the columns."""

    rows: tuple[Row, ...]
    start: int
    end: int
    has_header: bool

    @property
    def columns(self) -> int:
        return 1 + max(cell.place for row in self.rows for cell in row)

    def shown(self, cell: CellSpan) -> tuple[int, int]:
        """The range of the text that stands in the table's cell: without a name that the first row tells."""
        told = self.rows[0][0].is_header
        return (cell.value_start, cell.value_end) if told else (cell.start, cell.end)


def tables_of(page: Page) -> list[ShownTable]:
    """In the order of the text. What is too small or too large for a table is none."""
    if sum(block.kind == "table_row" for block in page.blocks) < 2:
        return []
    return [table for table in _runs(page) if _fits(table)]


def write_text(document: QTextDocument, page: Page, tables: Sequence[ShownTable], zoom: float) -> TextPlaces:
    """Replace what is in `document`."""
    places = TextPlaces(page.text)
    if not tables:
        document.setPlainText(page.text)
        places.add(0, len(page.text), 0)
        return places
    document.clear()
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    start = 0
    for table in tables:
        # A table stands between two blocks: the line breaks around its rows are in its own borders.
        _write(cursor, page.text, start, max(start, table.start - 1), places)
        cursor = _write_table(cursor, page.text, table, places, zoom)
        start = min(table.end + 1, len(page.text))
    _write(cursor, page.text, start, len(page.text), places)
    cursor.endEditBlock()
    return places


def outside(blocks: Sequence[Block], tables: Sequence[ShownTable]) -> list[Block]:
    """The blocks that are in no table."""
    ends = [table.end for table in tables]

    def is_inside(block: Block) -> bool:
        index = bisect_left(ends, block.end)
        return index < len(tables) and tables[index].start <= block.start

    return [block for block in blocks if not is_inside(block)]


def _runs(page: Page) -> Iterator[ShownTable]:
    blocks = [block for block in page.blocks if block.kind == "table_row"]
    run: list[Row] = []
    start = end = 0
    for block, row in zip(blocks, rows_of(page), strict=True):
        goes_on = run and page.text[end : block.start] == "\n" and not row[0].is_header
        if run and not goes_on:
            yield _table(page.text, run, start, end)
            run = []
        if not run:
            start = block.start
        run.append(row)
        end = block.end
    if run:
        yield _table(page.text, run, start, end)


def _table(text: str, run: Sequence[Row], start: int, end: int) -> ShownTable:
    """Where the text does not say which row names the columns, the first does if it reads like names."""
    first = run[0]
    told = first[0].is_header
    has_header = told or header_of([[text[cell.start : cell.end] for cell in row] for row in run]) is not None
    return ShownTable(tuple(run), start, end, has_header and not any(cell.column and not told for cell in first))


def _fits(table: ShownTable) -> bool:
    rows, columns = len(table.rows), table.columns
    return 2 <= rows <= _MAX_ROWS and 2 <= columns <= _MAX_COLUMNS and rows * columns <= _MAX_CELLS


def _write(cursor: QTextCursor, text: str, start: int, end: int, places: TextPlaces) -> None:
    places.add(start, end, cursor.position())
    cursor.insertText(text[start:end])


def _write_table(cursor: QTextCursor, text: str, table: ShownTable, places: TextPlaces, zoom: float) -> QTextCursor:
    """Gives the place behind the table, where the text goes on."""
    look = _table_format(zoom)
    font = QFont(cursor.document().defaultFont())
    font.setWeight(QFont.Weight.DemiBold)
    wanted, least = _column_widths(text, table, QFontMetricsF(font))
    look.setProperty(_WANTED, wanted)
    look.setProperty(_LEAST, least)
    made = cursor.insertTable(len(table.rows), table.columns, look)
    bold = QTextCharFormat()
    bold.setFontWeight(QFont.Weight.DemiBold)
    for number, row in enumerate(table.rows):
        weight = bold if number == 0 and table.has_header else QTextCharFormat()
        for cell in row:
            start, end = table.shown(cell)
            if not text[start:end].strip(" |"):
                continue  # the bars of empty cells at the end of a row
            inside = made.cellAt(number, cell.place).firstCursorPosition()
            places.add(start, end, inside.position())
            inside.insertText(text[start:end], weight)
    return _behind(made)


def _behind(table: QTextTable) -> QTextCursor:
    cursor = table.lastCursorPosition()
    cursor.movePosition(QTextCursor.MoveOperation.NextBlock)
    return cursor


def _table_format(zoom: float) -> QTextTableFormat:
    made = QTextTableFormat()
    made.setCellPadding(_CELL_PADDING_PX * zoom)
    made.setCellSpacing(0)
    made.setBorder(1)
    made.setBorderBrush(QBrush(QColor(colours().border)))
    made.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    made.setBorderCollapse(True)
    made.setTopMargin(S)
    made.setBottomMargin(S)
    made.setHeaderRowCount(1)
    return made


def fit_columns(document: QTextDocument, width: float) -> None:
    """Tables that are wider than `width` share it by what their columns hold; the others are as wide as their words."""
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    for table in document.rootFrame().childFrames():
        if isinstance(table, QTextTable):
            _fit_columns(table, width)
    cursor.endEditBlock()


def _fit_columns(table: QTextTable, width: float) -> None:
    made = table.format().toTableFormat()
    wanted, least = made.property(_WANTED), made.property(_LEAST)
    narrow = _lengths(wanted, least, width) if sum(wanted) > width else []
    if [length.rawValue() for length in narrow] != [length.rawValue() for length in made.columnWidthConstraints()]:
        made.setColumnWidthConstraints(narrow)
        made.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100) if narrow else QTextLength())
        table.setFormat(made)


def _lengths(wanted: Sequence[float], least: Sequence[float], width: float) -> list[QTextLength]:
    """Room for the longest word of each column first; what is left goes to those that would like more."""
    left = max(0.0, width - sum(least))
    greed = sum(wanted) - sum(least) or 1.0
    shares = [word + left * (whole - word) / greed for whole, word in zip(wanted, least, strict=True)]
    return [QTextLength(QTextLength.Type.PercentageLength, round(100 * share / sum(shares))) for share in shares]


def _column_widths(text: str, table: ShownTable, metrics: QFontMetricsF) -> tuple[list[float], list[float]]:
    """What each column would like to have, and the least: its longest word."""
    wanted, least = [1.0] * table.columns, [1.0] * table.columns
    for row in table.rows[:_MEASURED_ROWS]:
        for cell in row:
            start, end = table.shown(cell)
            words = text[start : min(end, start + _MEASURED_CHARS)]
            wanted[cell.place] = max(wanted[cell.place], metrics.horizontalAdvance(words))
            word = max(_WORD.findall(words), key=len, default="")
            least[cell.place] = max(least[cell.place], metrics.horizontalAdvance(word))
    pad = 2 * _CELL_PADDING_PX + _ROUNDING_PX
    return [each + pad for each in wanted], [each + pad for each in least]


def cell_rect(table: QTextTable, position: int) -> QRectF:
    """The cell at a position, as wide as it is and as high as its row, in the document's coordinates."""
    layout = table.document().documentLayout()
    pad = table.format().toTableFormat().cellPadding()
    cell = table.cellAt(position)
    whole = _words_rect(layout, cell)
    tall = [_words_rect(layout, table.cellAt(cell.row(), column)) for column in range(table.columns())]
    whole.setTop(min(rect.top() for rect in tall))
    whole.setBottom(max(rect.bottom() for rect in tall))
    return whole.adjusted(-pad, -pad, pad, pad)


def _words_rect(layout: QAbstractTextDocumentLayout, cell: QTextTableCell) -> QRectF:
    first, last = cell.firstCursorPosition().block(), cell.lastCursorPosition().block()
    rect = layout.blockBoundingRect(first)
    return rect if first == last else rect.united(layout.blockBoundingRect(last))
