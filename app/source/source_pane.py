"""The source: the document that an answer rests on, with the place that proves it boxed."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QStackedWidget, QWidget

from app.kit.design import L, M, S
from app.kit.label import Label
from app.kit.layout import column, held, wide
from app.kit.text import Translated, tr
from app.source.find_bar import FindBar
from app.source.page_view import PageView
from app.source.sheet_page import SheetPage
from app.source.source_head import SourceHead
from app.source.source_model import SourceModel
from app.source.source_words import place_name
from app.source.text_page import TextPage
from rag_core.types import TextMatch

_WAITING_MS = 400  # a document that is there sooner needs no "Opening"
_MAX_SAID_CHARS = 4000  # of a page, to a screen reader


class SourcePane(Translated, QFrame):
    """Follows a `SourceModel`. What is asked for by a key as well as by a button is a signal of the pane; the rest is
    told by its parts.
    """

    next_target_requested = Signal()
    previous_target_requested = Signal()
    page_requested = Signal(int)
    find_next_requested = Signal()
    find_previous_requested = Signal()

    def __init__(self, model: SourceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setProperty("kind", "side")
        self.say(self.setAccessibleName, tr("Source"))
        self.head = SourceHead(model)
        self.find_bar = FindBar(model)
        self.line_words = Label(kind="warning", wraps=True)
        self.line = held(column(self.line_words, margins=(M, S, M, S)), "warning")
        self._line_room = held(column(self.line, margins=(M, S, M, S)))
        self.message = Label(kind="muted", wraps=True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setContentsMargins(L, L, L, L)
        self.page_view = PageView(model, self)
        self.text_page = TextPage(model, self)
        self.sheet_page = SheetPage(model, self)
        self._stack = QStackedWidget()
        for page in (self.message, self.page_view, self.text_page, self.sheet_page):
            self._stack.addWidget(page)
        column(self.head, self.find_bar, self._line_room, wide(self._stack), gap=0, on=self)
        self._waiting = QTimer(self, singleShot=True, interval=_WAITING_MS)
        self._connect()
        self._add_shortcuts()
        self.retranslate()

    def open_find(self) -> None:
        """Ctrl+F of the window. What is selected is looked for."""
        selected = self.text_page.textCursor().selectedText() if self._view is self.text_page else ""
        self.find_bar.open_find(selected if "\u2029" not in selected else "")

    # Building

    def _connect(self) -> None:
        head, find, model = self.head, self.find_bar, self._model
        head.next_target_requested.connect(self.next_target_requested)
        head.previous_target_requested.connect(self.previous_target_requested)
        head.page_requested.connect(self.page_requested)
        head.find_requested.connect(self.open_find)
        head.copy_requested.connect(self.copy_quote)
        head.zoom_in_requested.connect(lambda: self._view.zoom_in())
        head.zoom_out_requested.connect(lambda: self._view.zoom_out())
        head.fit_requested.connect(lambda: self._view.fit_width())
        find.next_requested.connect(self.find_next_requested)
        find.previous_requested.connect(self.find_previous_requested)
        find.closed.connect(lambda: self._view.setFocus())
        self._waiting.timeout.connect(self.retranslate)
        model.document_changed.connect(self._start)
        for change in (model.pages_changed, model.problem_changed, model.place_changed, model.page_loaded):
            change.connect(lambda *_: self.retranslate())
        model.reveal_requested.connect(self._reveal)

    def _add_shortcuts(self) -> None:
        for keys, act in (
            ("Alt+Left", self.previous_target_requested.emit),
            ("Alt+Right", self.next_target_requested.emit),
            ("Ctrl+PgUp", lambda: self.page_requested.emit(self._model.number - 1)),
            ("Ctrl+PgDown", lambda: self.page_requested.emit(self._model.number + 1)),
            ("F3", self.find_next_requested.emit),
            ("Shift+F3", self.find_previous_requested.emit),
            ("Ctrl++", lambda: self._view.zoom_in()),
            ("Ctrl+=", lambda: self._view.zoom_in()),
            ("Ctrl+-", lambda: self._view.zoom_out()),
            ("Ctrl+0", lambda: self._view.fit_width()),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    # Following the model

    @property
    def _view(self) -> PageView | TextPage | SheetPage:
        views: dict[str, PageView | TextPage | SheetPage] = {
            "pages": self.page_view,
            "text": self.text_page,
            "sheet": self.sheet_page,
        }
        return views[self._model.kind]

    def _start(self) -> None:
        self._waiting.start()
        self.retranslate()

    def _reveal(self, place: TextMatch) -> None:
        for view in (self.page_view, self.text_page, self.sheet_page):
            view.reveal(place)

    def retranslate(self) -> None:
        model = self._model
        has_something = bool(model.pages) if model.kind == "pages" else model.page(model.number) is not None
        self._stack.setCurrentWidget(self._view if has_something else self.message)
        self.message.setText(self._message())
        words = model.problem
        info = model.info(model.number)
        if not words and info is not None and info.needs_ocr:
            words = tr("This page is a picture. Its words cannot be read or searched.")
        self.line_words.setText(words)
        self._line_room.setVisible(bool(words))
        self._describe()

    def _message(self) -> str:
        if self._model.failed:
            return self._model.failed
        if self._model.target is None:
            return tr("Choose a source to see where it says so.")
        return "" if self._waiting.isActive() else tr("Opening…")

    def _describe(self) -> None:
        """What a screen reader says of the view: the place, the words that prove, then the page."""
        model = self._model
        page = model.page(model.number)
        quote = model.quote_text()
        self._view.setAccessibleName(place_name(model) or tr("Document"))
        said = [tr("Quoted: {quote}", quote=quote)] if quote else []
        if answer := model.answer_text():
            said.insert(0, tr("The answer: {answer}", answer=answer))
        if page is not None:
            said.append(page.text[:_MAX_SAID_CHARS])
        self._view.setAccessibleDescription("\n".join(said))

    def copy_quote(self) -> None:
        QGuiApplication.clipboard().setText(self._model.quote_text())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.matches(QKeySequence.StandardKey.Find):
            self.open_find()
        else:
            super().keyPressEvent(event)
