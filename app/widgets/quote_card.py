"""The document's own sentence, before any model's: what it says, and where."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.design import BODY, XS, M, S, colours
from app.resources import icon
from app.text import Translated, tr
from app.viewmodels.proof import one_line, place_words
from app.widgets.clamped_label import ClampedLabel
from app.widgets.pane_button import PaneButton, let_through
from rag_core.types import Passage, Quote


class QuoteCard(Translated, PaneButton):
    """`opened` when the person wants to see the sentence on its page."""

    opened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("quote", parent)
        self._passage: Passage | None = None
        self._quote: Quote | None = None
        self._icon = QLabel()
        self._icon.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._words = ClampedLabel(lines=5)
        self._source = QLabel()
        self._source.setProperty("kind", "small")
        texts = QVBoxLayout()
        texts.setSpacing(XS)
        texts.addWidget(self._words)
        texts.addWidget(self._source)
        row = QHBoxLayout(self)
        row.setContentsMargins(M, S + 2, M, S + 2)
        row.setSpacing(S)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        let_through(self._icon, self._words, self._source)
        self.clicked.connect(self.opened)
        self._draw_icon()

    def set_quote(self, quote: Quote, passage: Passage) -> None:
        self._quote, self._passage = quote, passage
        self.retranslate()

    def retranslate(self) -> None:
        if self._quote is None or self._passage is None:
            return
        words = one_line(self._quote.text)
        source = place_words(self._passage, " · ")
        self._words.set_text(words)
        self._source.setText(source)
        self.setAccessibleName(tr("The document says: {words}", words=words))
        self.setAccessibleDescription(tr("Open {source}", source=source))
        self.setToolTip(tr("Show this sentence on its page"))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icon()

    def _draw_icon(self) -> None:
        self._icon.setPixmap(icon("quote", colours().warning).pixmap(BODY + XS, BODY + XS))
