"""The libraries at the left: chosen, named in place, deleted after a question."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.kit.confirm import ask
from app.kit.design import SMALL, XS, S, colours
from app.kit.resources import icon
from app.kit.text import Translated, tr, tr_count
from app.libraries.libraries_model import LibrariesModel, counted
from rag_core.library.records import LibraryInfo

_ROW = 48
_ICON = 18
_MARKS = {"unfinished": "clock", "locked": "lock", "rebuild": "refresh", "too_new": "warning", "damaged": "warning"}
Index = QModelIndex | QPersistentModelIndex


class LibraryList(Translated, QWidget):
    """`set_current` marks the library on the screen; names are typed into a field below the list's head."""

    library_picked = Signal(str)
    creation_requested = Signal(str)
    rename_requested = Signal(str, str)
    deletion_confirmed = Signal(str)
    location_requested = Signal(str)

    def __init__(self, model: LibrariesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._current = ""
        self._renaming = ""
        self.heading = QLabel()
        self.heading.setProperty("kind", "section")
        self.add_button = QToolButton()
        self.add_button.setMinimumSize(28, 28)
        self.add_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.add_button.clicked.connect(self.start_creating)
        self.name_field = _NameField()
        self.name_field.hide()
        self.problem = QLabel(wordWrap=True)
        self.problem.setProperty("kind", "error")
        self.problem.hide()
        self.list = _List(model)
        self._lay_out()
        self._connect()
        self._paint_icons()
        self.retranslate()

    def retranslate(self) -> None:
        self.heading.setText(tr("Libraries"))
        self.add_button.setToolTip(tr("New library"))
        self.add_button.setAccessibleName(tr("New library"))
        self.list.setAccessibleName(tr("Libraries"))
        self.list.setAccessibleDescription(tr("Enter opens a library, F2 renames it, Delete deletes it."))
        self.name_field.setPlaceholderText(tr("Name of the library"))
        self.name_field.setAccessibleName(tr("Name of the library"))
        self.list.viewport().update()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint_icons()

    def set_current(self, name: str) -> None:
        """Says nothing to anybody: it follows what was chosen."""
        self._current = name
        row = self._model.row_of(name)
        self.list.setCurrentIndex(self._model.index(row) if row >= 0 else QModelIndex())

    def start_creating(self) -> None:
        self._ask_name("", "")

    def start_renaming(self) -> None:
        info = self._info()
        if info is not None:
            self._ask_name(info.name, info.name)

    def show_name_problem(self, text: str) -> None:
        """The name was refused: it is said where it was typed, and can be corrected."""
        self.name_field.setEnabled(True)
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        self.name_field.setAccessibleDescription(text)
        self.name_field.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_name(self, _name: str = "") -> None:
        self._renaming = ""
        self.name_field.hide()
        self.problem.hide()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def context_menu(self) -> QMenu | None:
        info = self._info()
        if info is None:
            return None
        menu = QMenu(self)
        menu.addAction(tr("Rename"), self.start_renaming)
        menu.addAction(tr("Show in folder"), lambda: self.location_requested.emit(info.name))
        menu.addSeparator()
        menu.addAction(tr("Delete…"), self.ask_deletion)
        return menu

    def ask_deletion(self) -> None:
        info = self._info()
        if info is None:
            return
        contents = tr_count(
            info.documents,
            "Its 1 document can no longer be found here, and its conversations are deleted.",
            "Its {count} documents can no longer be found here, and its conversations are deleted.",
        )
        if not info.documents:
            contents = tr("Its conversations are deleted.")
        ask(
            self,
            tr("Delete the library “{name}”?", name=info.name),
            f"{contents} {tr('Your files stay where they are.')}",
            tr("Delete library"),
            lambda: self.deletion_confirmed.emit(info.name),
        )

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(S, 0, 0, 0)
        head.addWidget(self.heading, 1)
        head.addWidget(self.add_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(XS)
        layout.addLayout(head)
        layout.addWidget(self.name_field)
        layout.addWidget(self.problem)
        layout.addWidget(self.list, 1)

    def _connect(self) -> None:
        self.list.picked.connect(self.library_picked)
        self.list.rename_requested.connect(self.start_renaming)
        self.list.deletion_requested.connect(self.ask_deletion)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.name_field.returnPressed.connect(self._submit)
        self.name_field.cancelled.connect(self.close_name)
        self.name_field.textEdited.connect(lambda _text: self.problem.hide())
        self._model.rowsInserted.connect(lambda: self.set_current(self._current))
        self._model.rowsRemoved.connect(lambda: self.set_current(self._current))

    def _paint_icons(self) -> None:
        self.add_button.setIcon(icon("plus"))

    def _ask_name(self, renaming: str, text: str) -> None:
        self._renaming = renaming
        self.problem.hide()
        self.name_field.setEnabled(True)
        self.name_field.setText(text)
        self.name_field.selectAll()
        self.name_field.show()
        self.name_field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _submit(self) -> None:
        name = self.name_field.text().strip()
        if not name:
            self.show_name_problem(tr("Give it a name."))
            return
        self.name_field.setEnabled(False)
        if self._renaming:
            self.rename_requested.emit(self._renaming, name)
        else:
            self.creation_requested.emit(name)

    def _info(self) -> LibraryInfo | None:
        found = self.list.currentIndex().data(LibrariesModel.InfoRole)
        return found if isinstance(found, LibraryInfo) else None

    def _show_menu(self, point: QPoint) -> None:
        menu = self.context_menu()
        if menu is not None:
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.list.viewport().mapToGlobal(point))


class _NameField(QLineEdit):
    cancelled = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)


class _List(QListView):
    picked = Signal(str)
    rename_requested = Signal()
    deletion_requested = Signal()

    def __init__(self, model: QAbstractItemModel) -> None:
        super().__init__()
        self.setProperty("kind", "side")
        self.setModel(model)
        self.setItemDelegate(_LibraryDelegate(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.clicked.connect(self._pick)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._pick(self.currentIndex())
        elif event.key() == Qt.Key.Key_F2:
            self.rename_requested.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.deletion_requested.emit()
        else:
            super().keyPressEvent(event)

    def _pick(self, index: QModelIndex) -> None:
        if index.isValid():
            self.picked.emit(str(index.data()))


class _LibraryDelegate(QStyledItemDelegate):
    """Name, number of documents, and a small mark where something is to be known."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802, ARG002 - Qt's
        return QSize(120, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        info = index.data(LibrariesModel.InfoRole)
        if not isinstance(info, LibraryInfo):
            return
        chosen = colours()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = option.rect.adjusted(1, 1, -1, -1)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.setPen(Qt.PenStyle.NoPen)
        if selected or hovered:
            painter.setBrush(QColor(chosen.accent_soft if selected else chosen.raised))
            painter.drawRoundedRect(rect, 6, 6)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(chosen.focus), 1))
            painter.drawRoundedRect(rect, 6, 6)
        self._paint_words(painter, rect, option, info)
        painter.restore()

    def _paint_words(self, painter: QPainter, rect: QRect, option: QStyleOptionViewItem, info: LibraryInfo) -> None:
        chosen = colours()
        sign = QRect(rect.left() + S, rect.center().y() - _ICON // 2, _ICON, _ICON)
        icon("library", chosen.muted).paint(painter, sign)
        right = rect.right() - S
        mark = _MARKS.get(info.state)
        if mark:
            bad = info.state in ("too_new", "damaged")
            colour = chosen.danger if bad else chosen.muted if info.state == "unfinished" else chosen.warning
            icon(mark, colour).paint(painter, QRect(right - 16, rect.center().y() - 8, 16, 16))
            right -= 16 + S
        left = sign.right() + S + 2
        font = option.font
        painter.setFont(font)
        half = rect.height() // 2
        self._line(painter, QRect(left, rect.top() + XS, right - left, half - XS), info.name, chosen.text)
        font.setPixelSize(SMALL)
        painter.setFont(font)
        self._line(painter, QRect(left, rect.top() + half, right - left, half - XS), counted(info), chosen.muted)

    def _line(self, painter: QPainter, rect: QRect, text: str, colour: str) -> None:
        painter.setPen(QColor(colour))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
