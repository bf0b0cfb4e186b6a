"""The conversations of a library: searched, opened, renamed in place, deleted after a question, exported."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QColor, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QMessageBox,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.conversation.conversation_list_model import ConversationListModel, Role
from app.kit.design import SMALL, XS, M, S, colours
from app.kit.resources import icon
from app.kit.text import Translated, tr
from rag_core.conversations.records import Conversation

_SEARCH_PAUSE_MS = 200
_ROW, _GROUP_ROW = 34, 30
Index = QModelIndex | QPersistentModelIndex


class ConversationList(Translated, QWidget):
    """Numbers are conversation ids. `export_asked` carries the id and the chosen path; `renamed` goes to the model."""

    opened = Signal(int)
    new_asked = Signal()
    delete_asked = Signal(int)
    export_asked = Signal(int, object)
    searched = Signal(str)

    def __init__(self, model: ConversationListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._title = QLabel()
        self._title.setProperty("kind", "section")
        self._new = QToolButton()
        self._new.setFixedSize(32, 32)
        self._new.clicked.connect(self.new_asked)
        self._search = QLineEdit()
        self._search.setClearButtonEnabled(True)
        # Made once: taking it away while Qt goes through all widgets of a new style ends the program.
        self._magnifier = self._search.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_SEARCH_PAUSE_MS)
        self._pause.timeout.connect(lambda: self.searched.emit(self._search.text()))
        self._search.textChanged.connect(lambda _: self._pause.start())
        self._list = _List(self)
        self._list.setModel(model)
        self._empty = QLabel()
        self._empty.setProperty("kind", "small")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._lay_out()
        self._list.opened.connect(self._open)
        self._list.delete_pressed.connect(lambda: self._ask_delete(self._chosen()))
        self._list.customContextMenuRequested.connect(self._show_menu)
        model.modelReset.connect(self._show_state)
        model.current_changed.connect(lambda _: self._select_current())
        self._draw_icons()
        self.retranslate()
        self._show_state()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(S, 0, 0, 0)
        head.addWidget(self._title, 1)
        head.addWidget(self._new)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(XS)
        column.addLayout(head)
        column.addWidget(self._search)
        column.addWidget(self._empty, 1)
        column.addWidget(self._list, 1)
        self._empty.setContentsMargins(S, S, S, S)

    def focus_search(self) -> None:
        """For Ctrl+K."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    @property
    def view(self) -> QListView:
        return self._list

    @property
    def search_field(self) -> QLineEdit:
        return self._search

    def retranslate(self) -> None:
        self._title.setText(tr("Conversations"))
        self._new.setAccessibleName(tr("New conversation"))
        self._new.setToolTip(tr("New conversation"))
        self._search.setPlaceholderText(tr("Search conversations"))
        self._search.setAccessibleName(tr("Search conversations"))
        self._list.setAccessibleName(tr("Conversations"))
        self._model.regroup()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icons()

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
        self._list.setVisible(not is_empty)
        found_nothing = bool(self._search.text().strip())
        self._empty.setText(tr("Nothing found.") if found_nothing else tr("Your questions will be listed here."))
        self._select_current()

    def _select_current(self) -> None:
        row = self._model.row_of(self._model.current_id)
        if row >= 0:
            self._list.setCurrentIndex(self._model.index(row))
        else:
            self._list.clearSelection()
            self._list.setCurrentIndex(QModelIndex())

    def _chosen(self) -> Conversation | None:
        return self._model.conversation_at(self._list.currentIndex())

    def _open(self, index: Index) -> None:
        if conversation := self._model.conversation_at(index):
            self.opened.emit(conversation.conversation_id)

    def _rename(self, conversation_id: int) -> None:
        row = self._model.row_of(conversation_id)
        if row >= 0:
            self._list.setCurrentIndex(self._model.index(row))
            self._list.edit(self._model.index(row))

    def _show_menu(self, point: QPoint) -> None:
        if conversation := self._model.conversation_at(self._list.indexAt(point)):
            menu = self.menu_for(conversation)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self._list.viewport().mapToGlobal(point))

    def _ask_delete(self, conversation: Conversation | None) -> None:
        if conversation is None:
            return
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(tr("Delete conversation"))
        box.setText(tr("Delete “{title}”?", title=conversation.title))
        box.setInformativeText(tr("Its questions and answers are deleted for good. Your documents stay as they are."))
        delete = box.addButton(tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        delete.setProperty("kind", "danger")
        cancel = box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(cancel)
        number = conversation.conversation_id
        delete.clicked.connect(lambda: self.delete_asked.emit(number))
        box.open()

    def _choose_target(self, conversation_id: int, title: str, ending: str) -> None:
        number = conversation_id or self._model.current_id
        name = safe_file_name(title or self._model.title_of(number)) + ending
        dialog = QFileDialog(self, tr("Export conversation"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(ending.removeprefix("."))
        dialog.setNameFilter(f"*{ending}")
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda path: self.export_asked.emit(number, Path(path)))
        dialog.open()

    def _draw_icons(self) -> None:
        self._new.setIcon(icon("message-plus"))
        self._magnifier.setIcon(icon("search", colours().muted))


class _List(QListView):
    """Click or Enter opens, F2 renames in place, Delete asks."""

    opened = Signal(QModelIndex)
    delete_pressed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "side")
        self.setItemDelegate(_Painter(self))
        self.setEditTriggers(QListView.EditTrigger.EditKeyPressed)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setMouseTracking(True)
        self.clicked.connect(self.opened)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        editing = self.state() == QListView.State.EditingState
        if not editing and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self.currentIndex())
        elif not editing and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_pressed.emit()
        else:
            super().keyPressEvent(event)


class _Painter(QStyledItemDelegate):
    """A title and its day on one line; groups as small headings."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002, N802 - Qt's name
        return QSize(80, _GROUP_ROW if index.data(Role.IS_GROUP) else _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        chosen = colours()
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        small = painter.font()
        small.setPixelSize(SMALL)
        if index.data(Role.IS_GROUP):
            small.setWeight(small.Weight.DemiBold)
            painter.setFont(small)
            painter.setPen(QColor(chosen.muted))
            area = rect.adjusted(S, 0, -S, -XS)
            painter.drawText(area, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, str(index.data()))
        else:
            self._paint_row(painter, option, index, small)
        painter.restore()

    def _paint_row(self, painter: QPainter, option: QStyleOptionViewItem, index: Index, small: object) -> None:
        chosen = colours()
        rect: QRect = option.rect.adjusted(0, 1, 0, -1)
        state = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        if selected or hovered:
            painter.setBrush(QColor(chosen.accent_soft if selected else chosen.raised))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(rect, 6, 6)
        if focused:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(chosen.focus))
            painter.drawRoundedRect(rect.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        inside = rect.adjusted(S, 0, -S, 0)
        body = painter.font()
        painter.setFont(small)  # type: ignore[arg-type]
        day = str(index.data(Role.DAY))
        day_width = painter.fontMetrics().horizontalAdvance(day)
        painter.setPen(QColor(chosen.muted))
        painter.drawText(inside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, day)
        painter.setFont(body)
        painter.setPen(option.palette.color(QPalette.ColorRole.Text))
        room = inside.width() - day_width - M
        title = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, room)
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)

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
