"""Below an answer: how its sentences stand to the documents, in a line; on demand, sentence by sentence."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from app.conversation.support import CheckedSentence, Support, summary
from app.kit.clamped_label import ClampedLabel
from app.kit.design import SMALL, XS, S
from app.kit.label import Picture
from app.kit.layout import at_top, clear, column, row, wide
from app.kit.pane_button import PaneButton, let_through
from app.kit.text import Translated, tr

_ICON_PX = 16


class SupportLine(Translated, QWidget):
    """`place_chosen` carries the index of a place, `expanded` whether the sentences are shown."""

    place_chosen = Signal(int)
    expanded = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._support = Support()
        self._is_expanded = False
        self.line = PaneButton("row")
        self._mark, self._chevron = Picture(px=_ICON_PX), Picture(px=_ICON_PX)
        self._words = ClampedLabel(lines=3, pixels=SMALL, is_muted=True)
        parts = (at_top(self._mark), wide(self._words), at_top(self._chevron))
        row(*parts, gap=S, margins=(XS, XS, XS, XS), on=self.line)
        let_through(self._mark, self._words, self._chevron)
        self.line.clicked.connect(self._toggle)
        self._rows = column(gap=0)
        column(self.line, self._rows, gap=0, on=self)

    def set_support(self, support: Support, is_expanded: bool) -> None:
        self._support, self._is_expanded = support, is_expanded
        self.retranslate()

    def retranslate(self) -> None:
        words = summary(self._support)
        self._words.set_text(words)
        self.line.setAccessibleName(words)
        how = tr("Hide the sentences") if self._is_expanded else tr("Show what each sentence was compared with")
        self.line.setAccessibleDescription(how)
        self.line.setToolTip(how)
        _show_mark(self._mark, not self._support.failed)
        self._chevron.show_icon("chevron-up" if self._is_expanded else "chevron-down", "muted")
        clear(self._rows)
        for sentence in self._support.sentences if self._is_expanded else ():
            made = SentenceRow(sentence)
            made.clicked.connect(lambda _=False, target=sentence.target: self.place_chosen.emit(target))
            self._rows.addWidget(made)

    def _toggle(self) -> None:
        self._is_expanded = not self._is_expanded
        self.retranslate()
        self.expanded.emit(self._is_expanded)


class SentenceRow(PaneButton):
    """One sentence, and what came of comparing it; leads to the place that it rests on, where there is one."""

    def __init__(self, sentence: CheckedSentence) -> None:
        super().__init__("row")
        mark = Picture(px=_ICON_PX)
        _show_mark(mark, sentence.is_supported)
        text = ClampedLabel(lines=2)
        text.set_text(sentence.text)
        said = ClampedLabel(lines=2, pixels=SMALL, is_muted=True)
        said.set_text(sentence.said)
        grid = QGridLayout(self)
        grid.setContentsMargins(XS, XS, XS, XS)
        grid.setHorizontalSpacing(S)
        grid.setVerticalSpacing(2)
        grid.addWidget(mark, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(text, 0, 1)
        grid.addWidget(said, 1, 1)
        grid.setColumnStretch(1, 1)
        let_through(mark, text, said)
        if sentence.target < 0:
            self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setAccessibleName(f"{sentence.text} {sentence.said}")
        self.setAccessibleDescription(sentence.detail)
        self.setToolTip("\n".join(words for words in (sentence.said, sentence.detail) if words))


def _show_mark(mark: Picture, is_supported: bool) -> None:
    if is_supported:
        mark.show_icon("check-circle", "muted")
    else:
        mark.show_icon("warning", "warning")
