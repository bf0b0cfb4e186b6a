"""The document's own sentence, before any model's: what it says, where, and the words in it that answer."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.conversation.proof import file_name, page_words, place_words
from app.kit.clamped_label import ClampedLabel
from app.kit.design import BODY, SMALL, XS, M, S
from app.kit.label import Label, Picture
from app.kit.layout import at_top, column, row, wide
from app.kit.pane_button import PaneButton, let_through
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
        picture = Picture("quote", BODY + XS, "warning")
        self._words, self._file = ClampedLabel(lines=5), ClampedLabel(pixels=SMALL, is_muted=True)
        self._place = Label(kind="small")
        texts = column(self._words, row(wide(self._file), self._place, gap=M), gap=XS)
        row(at_top(picture), wide(texts), gap=S, margins=(M, S + 2, M, S + 2), on=self)
        let_through(picture, self._words, self._file, self._place)
        self.clicked.connect(self.opened)

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
