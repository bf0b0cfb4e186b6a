"""An empty conversation: which library, and what could be asked."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from app.conversation.conversation_model import Suggestions
from app.kit.clamped_label import ClampedLabel
from app.kit.design import READING_WIDTH, XL, L, M, S
from app.kit.label import Label, Picture
from app.kit.layout import STRETCH, Stretch, clear, column, held, row, wide
from app.kit.pane_button import PaneButton, let_through
from app.kit.text import Translated, tr, tr_count

_PICTURE_PIXELS = 40


class ConversationStart(Translated, QWidget):
    """`question_chosen` carries an example question."""

    question_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library = ""
        self._offer = Suggestions()
        self._title, self._line = Label(kind="title", wraps=True), Label(kind="muted", wraps=True)
        picture = Picture("chat", _PICTURE_PIXELS, "accent")
        for label in (picture, self._title, self._line):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._buttons = column(gap=S)
        inner = held(column(picture, self._title, self._line, M, self._buttons, gap=S, margins=(L, L, L, L)))
        inner.setMaximumWidth(min(READING_WIDTH, 560))
        column(Stretch(3), row(STRETCH, wide(inner, 8), STRETCH), XL, Stretch(4), on=self)

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
        clear(self._buttons)
        for question in self._offer.questions if count else ():
            self._buttons.addWidget(self._example(question))

    def _example(self, question: str) -> PaneButton:
        button = PaneButton("outlined", self)
        words = ClampedLabel(lines=2)
        words.set_text(question)
        row(wide(words), margins=(M, S, M, S), on=button)
        let_through(words)
        button.setAccessibleName(tr("Ask: {question}", question=question))
        button.clicked.connect(lambda _=False: self.question_chosen.emit(question))
        return button
