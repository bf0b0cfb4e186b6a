"""The document's own sentence, before any model's: what it says, where, and the words in it that answer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.conversation.proof import file_name, page_words, place_words
from app.kit.clamped_label import ClampedLabel
from app.kit.design import BODY, SMALL, XS, M, S, colours
from app.kit.pane_button import PaneButton, let_through
from app.kit.resources import icon
from app.kit.sureness import sure_words, sureness_tip
from app.kit.text import Translated, tr
from rag_core.conversations.marked_text import marked_line
from rag_core.types import Passage, Quote

_LEAD = 120  # characters before the answer: about two of five lines


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
        self._file = ClampedLabel(pixels=SMALL, is_muted=True)
        self._place = QLabel()
        self._place.setProperty("kind", "small")
        texts = QVBoxLayout()
        texts.setSpacing(XS)
        texts.addWidget(self._words)
        below = QHBoxLayout()
        below.setSpacing(M)
        below.addWidget(self._file, 1)
        below.addWidget(self._place)
        texts.addLayout(below)
        row = QHBoxLayout(self)
        row.setContentsMargins(M, S + 2, M, S + 2)
        row.setSpacing(S)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        let_through(self._icon, self._words, self._file, self._place)
        self.clicked.connect(self.opened)
        self._draw_icon()

    def set_quote(self, quote: Quote, passage: Passage) -> None:
        self._quote, self._passage = quote, passage
        self.retranslate()

    def retranslate(self) -> None:
        if self._quote is None or self._passage is None:
            return
        quote, passage = self._quote, self._passage
        start = quote.answer_start or 0
        words = marked_line(quote.text, start - quote.char_start, (quote.answer_end or 0) - quote.char_start)
        self._words.set_marked(words.near(_LEAD))
        sure = sure_words(quote) if words.marked else ""
        self._file.set_text(file_name(passage.path))
        self._place.setText(" · ".join(part for part in (page_words(passage), sure) if part))
        self.setAccessibleName(tr("The document says: {words}", words=words.text))
        said = [tr("The answer: {answer}", answer=words.marked)] if words.marked else []
        said += [sure] if sure else []
        self.setAccessibleDescription("\n".join([*said, tr("Open {source}", source=place_words(passage, " · "))]))
        tips = [tr("Show this sentence on its page"), sureness_tip(quote) if words.marked else ""]
        self.setToolTip("\n".join(tip for tip in tips if tip))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icon()

    def _draw_icon(self) -> None:
        self._icon.setPixmap(icon("quote", colours().warning).pixmap(BODY + XS, BODY + XS))
