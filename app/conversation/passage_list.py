"""The passages of a turn: one compact row each, with its number, its file and page, and the words that prove."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.conversation.proof import CitedPassage, file_name, page_words, place_words
from app.kit.button import Button
from app.kit.clamped_label import ClampedLabel
from app.kit.design import SMALL, XS, S
from app.kit.label import Label
from app.kit.layout import clear, column
from app.kit.pane_button import PaneButton, let_through
from app.kit.text import Translated, tr, tr_count

_LEAD = 60  # characters before the answer in a row of two lines
_CHIP_WIDTH = 34  # for two digits, so that the words of all rows begin at one line


class PassageRow(PaneButton):
    """One passage."""

    def __init__(self, shown: CitedPassage) -> None:
        super().__init__("row")
        self.target = shown.target
        passage = shown.passage
        chip, page = Label(str(passage.rank), "badge"), Label(page_words(passage), "small")
        chip.setAlignment(Qt.AlignmentFlag.AlignCenter)
        chip.setFixedWidth(_CHIP_WIDTH)
        name = ClampedLabel()
        name.set_text(file_name(passage.path))
        words = ClampedLabel(lines=2, pixels=SMALL, is_muted=True)
        words.set_marked(shown.words.near(_LEAD))
        grid = QGridLayout(self)
        grid.setContentsMargins(XS, 6, XS, 6)
        grid.setHorizontalSpacing(S)
        grid.setVerticalSpacing(2)
        for at, part in enumerate((chip, name, page)):
            grid.addWidget(part, 0, at)
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
        self._title = Label(kind="section")
        self._rows = column(gap=0)
        self._more = Button("", self._toggle, "link")
        column(self._title, self._rows, self._more, gap=2, on=self)
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
        self.retranslate()

    def retranslate(self) -> None:
        shown = [*self._first, *(self._rest if self._is_expanded else ())]
        fill_rows(self._rows, shown, self.place_chosen)
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
        self.retranslate()
        self._more.setFocus()
        self.expanded.emit(self._is_expanded)


def fill_rows(rows: QVBoxLayout, passages: Sequence[CitedPassage], chosen: SignalInstance) -> None:
    """A row for each passage, in place of what was there; `chosen` is emitted with the index of its place."""
    clear(rows)
    for each in passages:
        made = PassageRow(each)
        made.clicked.connect(lambda _=False, target=each.target: chosen.emit(target))
        rows.addWidget(made)
