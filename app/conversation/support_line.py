"""Below an answer: how its sentences stand to the documents, in a line; on demand, sentence by sentence."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.conversation.support import CheckedSentence, Support, summary
from app.kit.clamped_label import ClampedLabel
from app.kit.design import SMALL, XS, S, colours
from app.kit.pane_button import PaneButton, let_through
from app.kit.resources import icon
from app.kit.text import Translated, tr

_ICON = QSize(16, 16)


class SupportLine(Translated, QWidget):
    """`place_chosen` carries the index of a place, `expanded` whether the sentences are shown."""

    place_chosen = Signal(int)
    expanded = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._support = Support()
        self._is_expanded = False
        self.line = PaneButton("row")
        self._mark, self._chevron = QLabel(), QLabel()
        self._words = ClampedLabel(lines=3, pixels=SMALL, is_muted=True)
        row = QHBoxLayout(self.line)
        row.setContentsMargins(XS, XS, XS, XS)
        row.setSpacing(S)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1)
        row.addWidget(self._chevron, 0, Qt.AlignmentFlag.AlignTop)
        let_through(self._mark, self._words, self._chevron)
        self.line.clicked.connect(self._toggle)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.line)
        column.addLayout(self._rows)

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
        self._draw()
        self._fill()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()
            self._fill()

    def _draw(self) -> None:
        self._mark.setPixmap(_mark_icon(not self._support.failed))
        chevron = "chevron-up" if self._is_expanded else "chevron-down"
        self._chevron.setPixmap(icon(chevron, colours().muted).pixmap(_ICON))

    def _fill(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for sentence in self._support.sentences if self._is_expanded else ():
            row = SentenceRow(sentence, self)
            row.clicked.connect(lambda _=False, target=sentence.target: self.place_chosen.emit(target))
            self._rows.addWidget(row)

    def _toggle(self) -> None:
        self._is_expanded = not self._is_expanded
        self.retranslate()
        self.expanded.emit(self._is_expanded)


class SentenceRow(PaneButton):
    """One sentence, and what came of comparing it; leads to the place that it rests on, where there is one."""

    def __init__(self, sentence: CheckedSentence, parent: QWidget | None = None) -> None:
        super().__init__("row", parent)
        mark = QLabel()
        mark.setPixmap(_mark_icon(sentence.is_supported))
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


def _mark_icon(is_supported: bool) -> QPixmap:
    name, colour = ("check-circle", colours().muted) if is_supported else ("warning", colours().warning)
    return icon(name, colour).pixmap(_ICON)
