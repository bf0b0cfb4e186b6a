"""The table of documents: two lines a row, painted by hand so that 50,000 rows cost what 20 cost."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QPersistentModelIndex,
    QRect,
    QSignalBlocker,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.documents.document_cells import COLUMNS, second_line, state_look
from app.documents.document_rows import DocumentRow
from app.documents.documents_model import DocumentsModel
from app.kit.design import SMALL, XS, S, colours
from app.kit.resources import icon
from app.kit.side_list import Index, paint_line, set_size
from app.kit.text import Translated, tr

_ROW = 48
_WIDTHS = {"state": 192, "size": 92, "pages": 76, "changed": 112}
_NARROW_STATE = 160
_HIDDEN_BELOW = {"changed": 720, "pages": 640, "size": 520}
_MANY = 500  # chosen rows
_ICON = 20
_MARK = 16


class DocumentsTable(Translated, QTableView):
    """Keeps its place while rows come and go above it."""

    opening_requested = Signal(object)  # a DocumentRow
    removal_requested = Signal()
    rows_chosen = Signal()

    def __init__(self, model: DocumentsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._documents = model
        self._anchor: tuple[QPersistentModelIndex, int] | None = None
        self._lifted: list[DocumentRow] = []
        self.hovered = -1
        self.setModel(model)
        self.setItemDelegate(_RowDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setCornerButtonEnabled(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._set_up_headers()
        model.arranging.connect(self._hold_place)
        model.arranged.connect(self._keep_place)
        self.doubleClicked.connect(lambda index: self._open(index.row()))
        self.say(self.setAccessibleName, tr("Documents"))
        hint = tr("Enter opens a document, Delete removes it from the library.")
        self.say(self.setAccessibleDescription, hint)

    def retranslate(self) -> None:
        self._documents.show_other_words()

    def retheme(self) -> None:
        self.viewport().update()

    def chosen_rows(self) -> list[DocumentRow]:
        """The selected documents, in order."""
        found: list[DocumentRow] = []
        for part in self.selectionModel().selection().toList():
            rows = range(part.top(), part.bottom() + 1) if part.left() == 0 else ()
            found += [row for row in map(self._documents.row_at, rows) if row is not None]
        return sorted(found, key=lambda row: row.position)

    def only_chosen_row(self) -> DocumentRow | None:
        """The selected document, where there is exactly one; quick also when all are."""
        parts = self.selectionModel().selection().toList()
        one = len(parts) == 1 and parts[0].height() == 1
        return self._documents.row_at(parts[0].top()) if one else None

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:  # noqa: N802
        super().selectionChanged(selected, deselected)
        self.rows_chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentIndex().row())
        elif event.key() == Qt.Key.Key_Delete or (
            event.key() == Qt.Key.Key_Backspace and event.modifiers() == Qt.KeyboardModifier.ControlModifier
        ):
            self.removal_requested.emit()
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        super().mouseMoveEvent(event)
        self._hover(self.rowAt(event.position().toPoint().y()))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().leaveEvent(event)
        self._hover(-1)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        room = self.viewport().width()
        for column, width in _HIDDEN_BELOW.items():
            self.setColumnHidden(COLUMNS.index(column), room < width)
        narrow = room < _HIDDEN_BELOW["changed"]
        self.setColumnWidth(COLUMNS.index("state"), _NARROW_STATE if narrow else _WIDTHS["state"])

    def _set_up_headers(self) -> None:
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(_ROW)
        header = self.horizontalHeader()
        # With the table's own, it would ask about all 50,000 rows, at each painting, whether a whole column is chosen.
        header.setSelectionModel(QItemSelectionModel(self._documents, header))
        header.setHighlightSections(False)
        header.setMinimumSectionSize(56)
        header.setFixedHeight(36)
        header.setSectionsClickable(True)
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, name in enumerate(COLUMNS[1:], 1):
            self.setColumnWidth(column, _WIDTHS[name])

    def _open(self, position: int) -> None:
        row = self._documents.row_at(position)
        if row is not None:
            self.opening_requested.emit(row)

    def _hover(self, row: int) -> None:
        if row != self.hovered:
            self.hovered = row
            self.viewport().update()

    def _hold_place(self) -> None:
        self._lift_selection()
        bar = self.verticalScrollBar()
        self._anchor = None
        if bar.value() > 0:
            top = self.indexAt(self.viewport().rect().topLeft())
            if top.isValid():
                self._anchor = (QPersistentModelIndex(top), bar.value() - top.row() * _ROW)

    def _lift_selection(self) -> None:
        """Qt would follow each of 50,000 chosen rows through a sort by itself, for a second; we know where they go."""
        chosen = self.selectionModel()
        if sum(part.height() for part in chosen.selection().toList()) > _MANY:
            self._lifted = self.chosen_rows()
            with QSignalBlocker(chosen):
                chosen.clearSelection()

    def _lay_selection(self) -> None:
        lifted, self._lifted = self._lifted, []
        positions = sorted(row.position for row in lifted if row.position >= 0)
        if not lifted:
            return
        ranges = QItemSelection()
        first = 0
        for number, position in enumerate(positions, 1):
            if number == len(positions) or positions[number] != position + 1:
                top, bottom = (
                    self._documents.index(positions[first], 0),
                    self._documents.index(position, len(COLUMNS) - 1),
                )
                ranges.select(top, bottom)
                first = number
        with QSignalBlocker(self.selectionModel()):
            self.selectionModel().select(ranges, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.rows_chosen.emit()

    def _keep_place(self) -> None:
        self._lay_selection()
        anchor, self._anchor = self._anchor, None
        if anchor is not None and anchor[0].isValid():
            self.updateGeometries()
            self.verticalScrollBar().setValue(anchor[0].row() * _ROW + anchor[1])


class _RowDelegate(QStyledItemDelegate):
    """Paints every cell: a row is one surface, with its state marked by an icon and a word."""

    def __init__(self, table: DocumentsTable) -> None:
        super().__init__(table)
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(DocumentsModel.RowRole)
        if not isinstance(row, DocumentRow):
            return
        painter.save()
        rect: QRect = option.rect
        self._paint_ground(painter, rect, index)
        painter.setFont(self._table.font())
        column = COLUMNS[index.column()]
        inside = rect.adjusted(S, 0, -S, 0)
        if column == "name":
            self._paint_name(painter, inside, row)
        elif column == "state":
            self._paint_state(painter, inside, row, str(index.data()))
        else:
            side = Qt.AlignmentFlag.AlignRight if column in ("size", "pages") else Qt.AlignmentFlag.AlignLeft
            paint_line(painter, inside, str(index.data() or ""), colours().muted, side=side)
        painter.restore()

    def _paint_ground(self, painter: QPainter, rect: QRect, index: Index) -> None:
        chosen, table = colours(), self._table
        if table.selectionModel().isRowSelected(index.row()):
            painter.fillRect(rect, QColor(chosen.accent_soft))
        elif index.row() == table.hovered:
            painter.fillRect(rect, QColor(chosen.raised))
        painter.setPen(QPen(QColor(chosen.border), 1))
        painter.drawLine(rect.left(), rect.bottom(), rect.right(), rect.bottom())
        if table.hasFocus() and index.row() == table.currentIndex().row():
            painter.setPen(QPen(QColor(chosen.focus), 1))
            painter.drawLine(rect.left(), rect.top(), rect.right(), rect.top())
            painter.drawLine(rect.left(), rect.bottom() - 1, rect.right(), rect.bottom() - 1)
            if index.column() == 0:
                painter.drawLine(rect.left(), rect.top(), rect.left(), rect.bottom() - 1)

    def _paint_name(self, painter: QPainter, rect: QRect, row: DocumentRow) -> None:
        middle = QRect(rect.left(), rect.center().y() - _ICON // 2 + 1, _ICON, _ICON)
        icon(row.icon, colours().muted).paint(painter, middle)
        text = rect.adjusted(_ICON + S + XS, 0, 0, 0)
        half = rect.height() // 2
        upper = QRect(text.left(), text.top() + XS, text.width(), half - XS)
        lower = QRect(text.left(), text.top() + half, text.width(), half - XS - 1)
        paint_line(painter, upper, row.name, colours().text, Qt.TextElideMode.ElideMiddle)
        set_size(painter, SMALL)
        failed = row.state == "failed"
        mode = Qt.TextElideMode.ElideRight if failed else Qt.TextElideMode.ElideMiddle
        paint_line(painter, lower, second_line(row), colours().danger if failed else colours().muted, mode)

    def _paint_state(self, painter: QPainter, rect: QRect, row: DocumentRow, words: str) -> None:
        name, colour = state_look(row.state)
        mark = QRect(rect.left(), rect.center().y() - _MARK // 2 + 1, _MARK, _MARK)
        icon(name, colour).paint(painter, mark, Qt.AlignmentFlag.AlignCenter, QIcon.Mode.Normal)
        paint_line(painter, rect.adjusted(_MARK + S, 0, 0, 0), words, colour)
