"""Looks for words in the document that is shown: as you type, with the number of places."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QWidget

from app.kit.button import IconButton
from app.kit.design import XS, S
from app.kit.label import Label
from app.kit.layout import row, wide
from app.kit.text import Translated, tr
from app.source.source_model import MAX_MATCHES, SourceModel

_DELAY_MS = 200  # after the last key


class FindBar(Translated, QFrame):
    """A field, "3 of 41", previous and next. Enter goes on, Shift+Enter back, Esc closes."""

    query_changed = Signal(str)
    next_requested = Signal()
    previous_requested = Signal()
    closed = Signal()

    def __init__(self, model: SourceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setProperty("kind", "head")
        self.field = QLineEdit(clearButtonEnabled=True)
        self.say(self.field.setPlaceholderText, tr("Find in this document"))
        self.say(self.field.setAccessibleName, tr("Find in this document"))
        self.count = Label(kind="small")
        self.previous = IconButton("chevron-up", tr("Previous place"), self.previous_requested, keys="Shift+F3")
        self.next = IconButton("chevron-down", tr("Next place"), self.next_requested, keys="F3")
        self.close_button = IconButton("close", tr("Close the search"), self.close_find, keys="Esc")
        parts = (self.count, self.previous, self.next, self.close_button)
        row(wide(self.field), *parts, gap=XS, margins=(S, XS, S, XS), on=self)
        self._typing = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._typing.timeout.connect(self._ask)
        self.field.textChanged.connect(self._typing.start)
        self.field.installEventFilter(self)
        model.matches_changed.connect(self.retranslate)
        model.document_changed.connect(self._start_over)
        self.hide()
        self.retranslate()

    def open_find(self, text: str = "") -> None:
        """Show the bar and take the keyboard; `text` is what to look for, else the last words are chosen."""
        self.show()
        if text:
            self.field.setText(text)
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        if self.field.text() != self._model.query:
            self._ask()

    def close_find(self) -> None:
        self.hide()
        self._typing.stop()
        self.query_changed.emit("")
        self.closed.emit()

    def _ask(self) -> None:
        self._typing.stop()
        self.query_changed.emit(self.field.text().strip())

    def _start_over(self) -> None:
        """Another document: the same words are looked for in it when the person goes on."""
        self._typing.stop()
        if self.isVisible() and self.field.text().strip():
            self._typing.start()

    def retranslate(self) -> None:
        model = self._model
        total = len(model.matches)
        if not model.query or model.searching:
            words = ""
        elif not total:
            words = tr("Not found")
        elif total >= MAX_MATCHES:
            words = tr("{number} of over {count}", number=model.match_index + 1, count=total)
        else:
            words = tr("{number} of {count}", number=model.match_index + 1, count=total)
        self.count.setText(words)
        self.field.setAccessibleDescription(words)
        self.previous.setEnabled(total > 0)
        self.next.setEnabled(total > 0)

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._go_on(backwards=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.close_find()
                return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]

    def _go_on(self, backwards: bool) -> None:
        if self.field.text().strip() != self._model.query:
            self._ask()
        elif backwards:
            self.previous_requested.emit()
        else:
            self.next_requested.emit()
