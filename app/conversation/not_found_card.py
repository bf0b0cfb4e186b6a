"""When the documents do not hold the answer: said kindly, with what comes nearest and what to try."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.conversation.passage_list import fill_rows
from app.conversation.proof import CitedPassage
from app.kit.design import HEADING, XS, L, M, S
from app.kit.label import Label, Picture, paragraph
from app.kit.layout import at_top, column, row, wide
from app.kit.text import Translated, tr

_NEAREST = 3


class NotFoundCard(Translated, QWidget):
    """`place_chosen` carries the index of a place."""

    place_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_narrowed = False
        self._advice, self._nearest = paragraph(), Label(tr("The nearest there is"), "section")
        self._rows = column(gap=0)
        self._advice.setContentsMargins(L + M, 0, 0, 0)
        picture = Picture("search", HEADING + XS, "muted")
        head = row(at_top(picture), wide(paragraph(tr("Not found in these documents"), "strong")), gap=S)
        column(head, self._advice, M, self._nearest, self._rows, gap=XS, on=self)

    def set_nearest(self, passages: Sequence[CitedPassage], is_narrowed: bool) -> None:
        """The nearest first. `is_narrowed`: a filter left documents out."""
        self._is_narrowed = is_narrowed
        fill_rows(self._rows, passages[:_NEAREST], self.place_chosen)
        self._nearest.setVisible(bool(passages))
        self.retranslate()

    def retranslate(self) -> None:
        advice = tr("Try other words, such as a name or a term that the document itself would use.")
        if self._rows.count():
            advice = tr("See whether the nearest there is helps.") + " " + advice
        if self._is_narrowed:
            more = tr("This question was narrowed by a filter: without it, more documents are searched.")
        else:
            more = tr("If a document is missing, add it to this library and ask again.")
        self._advice.setText(f"{advice} {more}")
