"""An empty conversation: which library, and what could be asked."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.conversation.conversation_model import Suggestions
from app.kit.clamped_label import ClampedLabel
from app.kit.design import READING_WIDTH, XL, L, M, S, colours
from app.kit.pane_button import PaneButton, let_through
from app.kit.resources import icon
from app.kit.text import Translated, tr, tr_count

_PICTURE_PIXELS = 40


class ConversationStart(Translated, QWidget):
    """`question_chosen` carries an example question."""

    question_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library = ""
        self._offer = Suggestions()
        self._picture = QLabel()
        self._title = QLabel()
        self._title.setProperty("kind", "title")
        self._line = QLabel()
        self._line.setProperty("kind", "muted")
        self._buttons = QVBoxLayout()
        self._buttons.setSpacing(S)
        inner = QWidget()
        inner.setMaximumWidth(min(READING_WIDTH, 560))
        column = QVBoxLayout(inner)
        column.setContentsMargins(L, L, L, L)
        column.setSpacing(S)
        for label in (self._picture, self._title, self._line):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setWordWrap(label is not self._picture)
            column.addWidget(label)
        column.addSpacing(M)
        column.addLayout(self._buttons)
        outer = QHBoxLayout()
        outer.addStretch(1)
        outer.addWidget(inner, 8)
        outer.addStretch(1)
        page = QVBoxLayout(self)
        page.addStretch(3)
        page.addLayout(outer)
        page.addSpacing(XL)
        page.addStretch(4)
        self._draw_icon()

    def show_offer(self, library: str, offer: Suggestions) -> None:
        if (library, offer) == (self._library, self._offer) and self._title.text():
            return
        self._library, self._offer = library, offer
        self.retranslate()

    def retranslate(self) -> None:
        self._title.setText(self._library or tr("No library yet"))
        count = self._offer.documents
        if count:
            self._line.setText(tr_count(count, "Ask about {count} document", "Ask about {count} documents"))
        else:
            self._line.setText(tr("Drop files or a folder here to begin."))
        while (item := self._buttons.takeAt(0)) is not None:
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for question in self._offer.questions if count else ():
            self._buttons.addWidget(self._example(question))

    def _example(self, question: str) -> PaneButton:
        button = PaneButton("outlined", self)
        words = ClampedLabel(lines=2)
        words.set_text(question)
        row = QHBoxLayout(button)
        row.setContentsMargins(M, S, M, S)
        row.addWidget(words, 1)
        let_through(words)
        button.setAccessibleName(tr("Ask: {question}", question=question))
        button.clicked.connect(lambda _=False: self.question_chosen.emit(question))
        return button

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icon()

    def _draw_icon(self) -> None:
        self._picture.setPixmap(icon("chat", colours().accent).pixmap(_PICTURE_PIXELS, _PICTURE_PIXELS))
