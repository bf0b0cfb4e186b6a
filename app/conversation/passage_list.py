"""The passages of a turn: one compact row each, with its number, its file and page, and the words that prove."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.conversation.proof import CitedPassage, file_name, page_words, place_words
from app.kit.clamped_label import ClampedLabel
from app.kit.design import SMALL, XS, S
from app.kit.pane_button import PaneButton, let_through
from app.kit.text import Translated, tr, tr_count

_LEAD = 60  # characters before the answer in a row of two lines
_CHIP_WIDTH = 34  # for two digits, so that the words of all rows begin at one line


class PassageRow(PaneButton):
    """One passage."""

    def __init__(self, shown: CitedPassage, parent: QWidget | None = None) -> None:
        super().__init__("row", parent)
        self.target = shown.target
        passage = shown.passage
        chip = QLabel(str(passage.rank))
        chip.setProperty("kind", "badge")
        chip.setAlignment(Qt.AlignmentFlag.AlignCenter)
        chip.setFixedWidth(_CHIP_WIDTH)
        name = ClampedLabel()
        name.set_text(file_name(passage.path))
        page = QLabel(page_words(passage))
        page.setProperty("kind", "small")
        words = ClampedLabel(lines=2, pixels=SMALL, is_muted=True)
        words.set_marked(shown.words.near(_LEAD))
        grid = QGridLayout(self)
        grid.setContentsMargins(XS, 6, XS, 6)
        grid.setHorizontalSpacing(S)
        grid.setVerticalSpacing(2)
        grid.addWidget(chip, 0, 0)
        grid.addWidget(name, 0, 1)
        grid.addWidget(page, 0, 2)
        grid.addWidget(words, 1, 1, 1, 2)
        grid.setColumnStretch(1, 1)
        let_through(chip, name, page, words)
        where = place_words(passage)
        self.setAccessibleName(tr("Source {number}: {where}", number=passage.rank, where=where))
        said = [tr("The answer: {answer}", answer=shown.words.marked)] if shown.words.marked else []
        self.setAccessibleDescription("\n".join([*said, shown.words.text]))
        self.setToolTip(passage.path)


class PassageList(Translated, QWidget):
    """`place_chosen` carries the index of a place, `expanded` whether all passages are shown."""

    place_chosen = Signal(int)
    expanded = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._first: tuple[CitedPassage, ...] = ()
        self._rest: tuple[CitedPassage, ...] = ()
        self._is_expanded = False
        self._are_cited = False
        self._title = QLabel()
        self._title.setProperty("kind", "section")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        self._more = QPushButton()
        self._more.setProperty("kind", "link")
        self._more.clicked.connect(self._toggle)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._title)
        column.addLayout(self._rows)
        column.addWidget(self._more)
        self.retranslate()

    def set_passages(
        self, first: Sequence[CitedPassage], rest: Sequence[CitedPassage], *, is_expanded: bool, are_cited: bool
    ) -> None:
        """`first` are always shown, `rest` on demand. What no answer cites is no source yet."""
        shown = (self._first, self._rest, self._is_expanded, self._are_cited)
        if (tuple(first), tuple(rest), is_expanded, are_cited) == shown:
            return
        self._are_cited = are_cited
        self._first, self._rest, self._is_expanded = tuple(first), tuple(rest), is_expanded
        self._fill()

    def retranslate(self) -> None:
        self._fill()

    def _fill(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        shown = [*self._first, *(self._rest if self._is_expanded else ())]
        for each in shown:
            row = PassageRow(each, self)
            row.clicked.connect(lambda _=False, target=each.target: self.place_chosen.emit(target))
            self._rows.addWidget(row)
        self._title.setText(tr("Sources") if self._are_cited else tr("Passages found"))
        self._title.setVisible(bool(shown or self._rest))
        self._more.setVisible(bool(self._rest))
        if self._is_expanded:
            self._more.setText(tr("Show fewer passages"))
        else:
            count = len(self._rest)
            self._more.setText(tr_count(count, "{count} more passage found", "{count} more passages found"))

    def _toggle(self) -> None:
        self._is_expanded = not self._is_expanded
        self._fill()
        self._more.setFocus()
        self.expanded.emit(self._is_expanded)
