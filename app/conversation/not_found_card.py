"""When the documents do not hold the answer: said kindly, with what comes nearest and what to try."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.conversation.passage_list import PassageRow
from app.conversation.proof import CitedPassage
from app.kit.design import HEADING, XS, L, M, S, colours
from app.kit.resources import icon
from app.kit.text import Translated, tr

_NEAREST = 3


class NotFoundCard(Translated, QWidget):
    """`place_chosen` carries the index of a place."""

    place_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_narrowed = False
        self._picture = QLabel()
        self._title = QLabel()
        self._title.setProperty("kind", "strong")
        self._advice = QLabel()
        self._advice.setProperty("kind", "muted")
        self._nearest = QLabel()
        self._nearest.setProperty("kind", "section")
        for label in (self._title, self._advice):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        head = QHBoxLayout()
        head.setSpacing(S)
        head.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._title, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(XS)
        column.addLayout(head)
        column.addWidget(self._advice)
        column.addSpacing(M)
        column.addWidget(self._nearest)
        column.addLayout(self._rows)
        self._advice.setContentsMargins(L + M, 0, 0, 0)
        self._draw_icon()
        self.retranslate()

    def set_nearest(self, passages: Sequence[CitedPassage], is_narrowed: bool) -> None:
        """The nearest first. `is_narrowed`: a filter left documents out."""
        self._is_narrowed = is_narrowed
        while (item := self._rows.takeAt(0)) is not None:
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for each in passages[:_NEAREST]:
            row = PassageRow(each, self)
            row.clicked.connect(lambda _=False, target=each.target: self.place_chosen.emit(target))
            self._rows.addWidget(row)
        self._nearest.setVisible(bool(passages))
        self.retranslate()

    def retranslate(self) -> None:
        self._title.setText(tr("Not found in these documents"))
        advice = tr("Try other words, such as a name or a term that the document itself would use.")
        if self._rows.count():
            advice = tr("See whether the nearest there is helps.") + " " + advice
        if self._is_narrowed:
            more = tr("This question was narrowed by a filter: without it, more documents are searched.")
        else:
            more = tr("If a document is missing, add it to this library and ask again.")
        self._advice.setText(f"{advice} {more}")
        self._nearest.setText(tr("The nearest there is"))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icon()

    def _draw_icon(self) -> None:
        self._picture.setPixmap(icon("search", colours().muted).pixmap(HEADING + XS, HEADING + XS))
