"""A sheet as a table: a box around the cells of the passage or row, those that prove marked more strongly."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from app.kit.design import L, S, colours
from app.kit.side_list import Index
from app.kit.smooth_scroll import SmoothScroll
from app.kit.text import Translated
from app.source.marks import found_colour
from app.source.sheet_model import IN_BOX_ROLE, MARK_ROLE, STRONG_ROLE, SheetTable, sheet_rows
from app.source.source_model import SourceModel
from rag_core.types import Page, TextMatch

_ROW_PX = 30
_MIN_COLUMN_PX, _MAX_COLUMN_PX = 64, 280
_ROWS_MEASURED, _CHARS_MEASURED = 100, 60
_FROM_TOP = 1 / 3
_BORDER_PX = 2


class SheetPage(Translated, QTableView):
    """Shows the page of `model` that its number names."""

    def __init__(self, model: SourceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._held: TextMatch | None = None
        self.table = SheetTable(model, self)
        self.setProperty("kind", "plain")
        self.setModel(self.table)
        self.setItemDelegate(CellPainter(self))
        self._scroll = SmoothScroll(self)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)  # Tab leaves the table; arrows walk in it
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        self.verticalHeader().hide()  # rows without cells are not stored: numbers would not be the file's
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.verticalScrollBar().actionTriggered.connect(self._let_go)
        model.document_changed.connect(self._forget)
        model.page_loaded.connect(self._take_page)
        model.pages_changed.connect(self._show_page)
        model.place_changed.connect(self._show_page)
        model.target_changed.connect(self.table.refresh_marks)
        model.matches_changed.connect(self.table.refresh_marks)

    def reveal(self, place: TextMatch, animated: bool = True) -> None:
        """Bring the cells of a range into view, a third from the top."""
        self._held = place
        page = self.table.page
        if page is None or page.number != place.page or self._model.kind != "sheet":
            return
        cell = self.table.cell_at(place.start)
        if not cell.isValid():
            return
        top = self.verticalHeader().sectionPosition(cell.row())
        self._scroll.to(round(top - self.viewport().height() * _FROM_TOP), animated)
        self._show_column(cell.column())

    def _show_column(self, column: int) -> None:
        """With as much as possible of what stands before it: the first columns name the rows."""
        left = self.horizontalHeader().sectionPosition(column)
        right = left + self.horizontalHeader().sectionSize(column)
        self.horizontalScrollBar().setValue(min(left, max(0, right - self.viewport().width() + L)))

    def zoom_in(self) -> None:
        """Wider columns."""
        self._stretch(1.25)

    def zoom_out(self) -> None:
        self._stretch(0.8)

    def fit_width(self) -> None:
        self._measure()

    def _stretch(self, factor: float) -> None:
        header = self.horizontalHeader()
        for column in range(header.count()):
            header.resizeSection(column, max(_MIN_COLUMN_PX, round(header.sectionSize(column) * factor)))

    def _let_go(self) -> None:
        self._held = None

    # What the model says

    def _forget(self) -> None:
        self._held = None
        self.table.show(None, ())

    def _take_page(self, page: Page) -> None:
        if page.number == self._model.number:
            self._show_page()

    def _show_page(self) -> None:
        page = self._model.page(self._model.number) if self._model.kind == "sheet" else None
        if page is None or page is self.table.page:
            return
        self.clearSpans()
        rows = sheet_rows(page)
        self.table.show(page, rows)
        for number, row in enumerate(rows):
            if not row.cells and self.table.columnCount() > 1:
                self.setSpan(number, 0, 1, self.table.columnCount())
        self.horizontalHeader().setVisible(bool(self.table.names))
        self.setRowHidden(0, self.table.first_row_is_names)
        self._measure()
        if self._held is not None:
            self.reveal(self._held, animated=False)

    def _measure(self) -> None:
        """Columns as wide as the first rows need, within reason."""
        metrics, table = self.fontMetrics(), self.table
        widths = [_MIN_COLUMN_PX] * table.columnCount()
        for column, name in enumerate(table.names[: len(widths)]):
            widths[column] = max(widths[column], metrics.horizontalAdvance(name) + 2 * L)
        for number in range(min(_ROWS_MEASURED, table.rowCount())):
            for cell in table.row(number).cells:
                words = str(table.index(number, cell.place).data() or "")[:_CHARS_MEASURED]
                needed = metrics.horizontalAdvance(words) + 2 * S + L
                widths[cell.place] = max(widths[cell.place], needed)
        for column, width in enumerate(widths):
            self.setColumnWidth(column, min(width, _MAX_COLUMN_PX))

    # Painting and events

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        super().paintEvent(event)
        area = self.viewport().rect()
        columns = self._from_to(self.columnAt(0), self.columnAt(area.right()), self.table.columnCount())
        painter = QPainter(self.viewport())
        painter.setPen(QPen(QColor(colours().mark_border), _BORDER_PX))
        for row in self._from_to(self.rowAt(0), self.rowAt(area.bottom()), self.table.rowCount()):
            for column in columns if self.table.row(row).cells else range(min(1, len(columns))):
                cell = self.table.index(row, column)
                if cell.data(IN_BOX_ROLE):
                    self._paint_edges(painter, cell)

    def _from_to(self, first: int, last: int, count: int) -> range:
        return range(max(0, first), count if last < 0 else last + 1)

    def _paint_edges(self, painter: QPainter, cell: QModelIndex) -> None:
        """The sides at which the box ends, on the lines between the cells."""
        row, column, table = cell.row(), cell.column(), self.table
        is_first = row == 0 or self.isRowHidden(row - 1)
        rect = self.visualRect(cell).adjusted(1 if column == 0 else -1, 1 if is_first else -1, 0, 0)
        beyond = QModelIndex() if not table.row(row).cells else table.index(row, column + 1)
        above = QModelIndex() if is_first else table.index(row - 1, column)
        for beside, start, end in (
            (above, rect.topLeft(), rect.topRight()),
            (table.index(row + 1, column), rect.bottomLeft(), rect.bottomRight()),
            (table.index(row, column - 1), rect.topLeft(), rect.bottomLeft()),
            (beyond, rect.topRight(), rect.bottomRight()),
        ):
            if not beside.data(IN_BOX_ROLE):
                painter.drawLine(start, end)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        if self._held is not None:
            self.reveal(self._held, animated=False)

    def retheme(self) -> None:
        self.viewport().update()


class CellPainter(QStyledItemDelegate):
    """Paints the mark below a cell's words, and a frame around a match."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: N802 - Qt's name
        super().initStyleOption(option, index)
        if index.data(STRONG_ROLE) or index.data(MARK_ROLE) == "answer":
            option.font.setWeight(QFont.Weight.DemiBold)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        mark, theme = index.data(MARK_ROLE), colours()
        marked = {"boxed": theme.mark, "marked": theme.quote, "answer": theme.quote}
        rect: QRect = option.rect
        if mark:
            painter.fillRect(rect, QColor(marked[mark]) if mark in marked else found_colour(theme))
        super().paint(painter, option, index)
        if mark == "match":
            painter.save()
            painter.setPen(QPen(QColor(theme.accent), _BORDER_PX))
            painter.drawRect(rect.adjusted(1, 1, -1, -1))
            painter.restore()
