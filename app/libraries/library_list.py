"""The libraries at the left: chosen, named in place, deleted after a question."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QLineEdit, QMenu, QStyleOptionViewItem, QWidget

from app.kit.button import IconButton
from app.kit.confirm import ask
from app.kit.design import SMALL, XS, S, colours
from app.kit.label import Label
from app.kit.layout import column, row, wide
from app.kit.resources import icon
from app.kit.side_list import Index, SideList, SidePainter, paint_line, set_size
from app.kit.text import Translated, tr, tr_count
from app.libraries.libraries_model import LibrariesModel, counted
from rag_core.library.records import LibraryInfo

_ROW = 48
_ICON = 18
_MARKS = {"unfinished": "clock", "locked": "lock", "rebuild": "refresh", "too_new": "warning", "damaged": "warning"}


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
        self.add_button = IconButton("plus", tr("New library"), self.start_creating)
        self.name_field = _NameField()
        self.name_field.hide()
        self.say(self.name_field.setPlaceholderText, tr("Name of the library"))
        self.say(self.name_field.setAccessibleName, tr("Name of the library"))
        self.problem = Label(kind="error", wraps=True)
        self.problem.hide()
        self.list = SideList(model, _LibraryPainter(_ROW))
        self.say(self.list.setAccessibleName, tr("Libraries"))
        hint = tr("Enter opens a library, F2 renames it, Delete deletes it.")
        self.say(self.list.setAccessibleDescription, hint)
        head = row(wide(Label(tr("Libraries"), "section")), self.add_button, margins=(S, 0, 0, 0))
        column(head, self.name_field, self.problem, wide(self.list), gap=XS, on=self)
        self._connect()

    def retranslate(self) -> None:
        self.list.viewport().update()

    def set_current(self, name: str) -> None:
        """Says nothing to anybody: it follows what was chosen."""
        self._current = name
        at = self._model.row_of(name)
        self.list.setCurrentIndex(self._model.index(at) if at >= 0 else QModelIndex())

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

    def _connect(self) -> None:
        self.list.opened.connect(lambda index: self.library_picked.emit(str(index.data())))
        self.list.renaming_requested.connect(self.start_renaming)
        self.list.deletion_requested.connect(self.ask_deletion)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.name_field.returnPressed.connect(self._submit)
        self.name_field.cancelled.connect(self.close_name)
        self.name_field.textEdited.connect(lambda _text: self.problem.hide())
        self._model.rowsInserted.connect(lambda: self.set_current(self._current))
        self._model.rowsRemoved.connect(lambda: self.set_current(self._current))

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


class _LibraryPainter(SidePainter):
    """Name, number of documents, and a small mark where something is to be known."""

    def paint_words(self, painter: QPainter, rect: QRect, option: QStyleOptionViewItem, index: Index) -> None:
        info = index.data(LibrariesModel.InfoRole)
        if not isinstance(info, LibraryInfo):
            return
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
        left, half = sign.right() + S + 2, rect.height() // 2
        painter.setFont(option.font)
        paint_line(painter, QRect(left, rect.top() + XS, right - left, half - XS), info.name, chosen.text)
        set_size(painter, SMALL)
        paint_line(painter, QRect(left, rect.top() + half, right - left, half - XS), counted(info), chosen.muted)
