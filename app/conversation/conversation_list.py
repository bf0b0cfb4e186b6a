"""The conversations of a library: searched, opened, renamed in place, deleted after a question, exported."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QColor, QPainter
from PySide6.QtWidgets import QFileDialog, QLineEdit, QMenu, QStyleOptionViewItem, QWidget

from app.conversation.conversation_list_model import ConversationListModel, Role
from app.kit.button import IconButton
from app.kit.confirm import ask
from app.kit.design import SMALL, XS, M, S, colours
from app.kit.label import Label
from app.kit.layout import column, row, wide
from app.kit.resources import icon
from app.kit.side_list import Index, SideList, SidePainter, paint_line, set_size
from app.kit.text import Translated, tr
from rag_core.conversations.records import Conversation

_SEARCH_PAUSE_MS = 200
_ROW, _GROUP_ROW = 34, 30


class ConversationList(Translated, QWidget):
    """Numbers are conversation ids. `export_requested` carries the id and the chosen path."""

    opened = Signal(int)
    new_requested = Signal()
    delete_requested = Signal(int)
    export_requested = Signal(int, object)
    searched = Signal(str)

    def __init__(self, model: ConversationListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        new = IconButton("message-plus", tr("New conversation"), self.new_requested, side=32)
        self.search_field = QLineEdit(clearButtonEnabled=True)
        self.say(self.search_field.setPlaceholderText, tr("Search conversations"))
        self.say(self.search_field.setAccessibleName, tr("Search conversations"))
        # Made once: taking it away while Qt goes through all widgets of a new style ends the program.
        self._magnifier = self.search_field.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self._pause = QTimer(self, singleShot=True, interval=_SEARCH_PAUSE_MS)
        self._pause.timeout.connect(lambda: self.searched.emit(self.search_field.text()))
        self.search_field.textChanged.connect(lambda _: self._pause.start())
        self.view = SideList(model, _ConversationPainter(_ROW))
        self.say(self.view.setAccessibleName, tr("Conversations"))
        self._empty = Label(kind="small", wraps=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._empty.setContentsMargins(S, S, S, S)
        head = row(wide(Label(tr("Conversations"), "section")), new, margins=(S, 0, 0, 0))
        column(head, self.search_field, wide(self._empty), wide(self.view), gap=XS, on=self)
        self.view.opened.connect(self._open)
        self.view.renaming_requested.connect(lambda: self.view.edit(self.view.currentIndex()))
        self.view.deletion_requested.connect(lambda: self._ask_delete(self._chosen()))
        self.view.customContextMenuRequested.connect(self._show_menu)
        model.modelReset.connect(self._show_state)
        model.current_changed.connect(lambda _: self._select_current())
        self.retheme()
        self._show_state()

    def focus_search(self) -> None:
        """For Ctrl+K."""
        self.search_field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search_field.selectAll()

    def retranslate(self) -> None:
        self._model.regroup()

    def retheme(self) -> None:
        self._magnifier.setIcon(icon("search", colours().muted))

    def menu_for(self, conversation: Conversation) -> QMenu:
        """What can be done with a conversation."""
        menu = QMenu(self)
        number = conversation.conversation_id
        menu.addAction(icon("chat"), tr("Open"), lambda: self.opened.emit(number))
        rename = menu.addAction(icon("edit"), tr("Rename"), lambda: self._rename(number))
        rename.setShortcut("F2")
        export = menu.addMenu(icon("download"), tr("Export"))
        for action in self.export_actions(export, number, conversation.title):
            export.addAction(action)
        menu.addSeparator()
        delete = menu.addAction(icon("trash"), tr("Delete…"), lambda: self._ask_delete(conversation))
        delete.setShortcut("Del")
        return menu

    def export_actions(self, parent: QWidget, conversation_id: int, title: str) -> list[QAction]:
        """Markdown, Word and PDF; also for a menu of the conversation on the screen (id 0)."""
        made = []
        for words, ending in ((tr("Markdown…"), ".md"), (tr("Word…"), ".docx"), (tr("PDF…"), ".pdf")):
            action = QAction(words, parent)
            action.triggered.connect(lambda _=False, ending=ending: self._choose_target(conversation_id, title, ending))
            made.append(action)
        return made

    def _show_state(self) -> None:
        is_empty = not self._model.conversations
        self._empty.setVisible(is_empty)
        self.view.setVisible(not is_empty)
        found_nothing = bool(self.search_field.text().strip())
        self._empty.setText(tr("Nothing found.") if found_nothing else tr("Your questions will be listed here."))
        self._select_current()

    def _select_current(self) -> None:
        at = self._model.row_of(self._model.current_id)
        if at >= 0:
            self.view.setCurrentIndex(self._model.index(at))
        else:
            self.view.clearSelection()
            self.view.setCurrentIndex(QModelIndex())

    def _chosen(self) -> Conversation | None:
        return self._model.conversation_at(self.view.currentIndex())

    def _open(self, index: Index) -> None:
        if conversation := self._model.conversation_at(index):
            self.opened.emit(conversation.conversation_id)

    def _rename(self, conversation_id: int) -> None:
        at = self._model.row_of(conversation_id)
        if at >= 0:
            self.view.setCurrentIndex(self._model.index(at))
            self.view.edit(self._model.index(at))

    def _show_menu(self, point: QPoint) -> None:
        if conversation := self._model.conversation_at(self.view.indexAt(point)):
            menu = self.menu_for(conversation)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.view.viewport().mapToGlobal(point))

    def _ask_delete(self, conversation: Conversation | None) -> None:
        if conversation is None:
            return
        ask(
            self,
            tr("Delete “{title}”?", title=conversation.title),
            tr("Its questions and answers are deleted for good. Your documents stay as they are."),
            tr("Delete conversation"),
            lambda: self.delete_requested.emit(conversation.conversation_id),
        )

    def _choose_target(self, conversation_id: int, title: str, ending: str) -> None:
        number = conversation_id or self._model.current_id
        name = safe_file_name(title or self._model.title_of(number)) + ending
        dialog = QFileDialog(self, tr("Export conversation"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(ending.removeprefix("."))
        dialog.setNameFilter(f"*{ending}")
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda path: self.export_requested.emit(number, Path(path)))
        dialog.open()


class _ConversationPainter(SidePainter):
    """A title and its day on one line; groups as small headings."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        return QSize(80, _GROUP_ROW) if index.data(Role.IS_GROUP) else super().sizeHint(option, index)

    def paint_words(self, painter: QPainter, rect: QRect, option: QStyleOptionViewItem, index: Index) -> None:
        inside, body = rect.adjusted(S, 0, -S, 0), painter.font()
        if index.data(Role.IS_GROUP):
            set_size(painter, SMALL, is_strong=True)
            painter.setPen(QColor(colours().muted))
            painter.drawText(option.rect.adjusted(S, 0, -S, -XS), Qt.AlignmentFlag.AlignBottom, str(index.data()))
            return
        day = str(index.data(Role.DAY))
        set_size(painter, SMALL)
        paint_line(painter, inside, day, colours().muted, side=Qt.AlignmentFlag.AlignRight)
        inside.setRight(inside.right() - painter.fontMetrics().horizontalAdvance(day) - M)
        painter.setFont(body)
        paint_line(painter, inside, str(index.data()), colours().text)

    def updateEditorGeometry(  # noqa: N802 - Qt's name
        self,
        editor: QWidget,
        option: QStyleOptionViewItem,
        index: Index,  # noqa: ARG002
    ) -> None:
        editor.setGeometry(option.rect)


def safe_file_name(title: str) -> str:
    """A title as a file name that Windows takes as well."""
    kept = "".join(" " if sign in '\\/:*?"<>|' or ord(sign) < 32 else sign for sign in title)
    return " ".join(kept.split())[:80].strip(" .") or tr("Conversation")
