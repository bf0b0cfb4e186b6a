"""The part of the bottom bar that shows something going on: a line of words, how far it is, and its buttons."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from app.kit.design import S
from app.kit.elided_label import ElidedLabel
from app.kit.layout import row, wide
from app.kit.text import Translated


class ProgressStrip(Translated, QWidget):
    """`more` stands at the right of the bar."""

    def __init__(self, name: str, name_of_bar: str, bar_width: int, *more: QWidget) -> None:
        super().__init__()
        self.text = ElidedLabel()
        self.progress = QProgressBar(textVisible=False)
        self.progress.setFixedWidth(bar_width)
        self.say(self.setAccessibleName, name)
        self.say(self.progress.setAccessibleName, name_of_bar)
        row(wide(self.text), self.progress, *more, gap=S, on=self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_progress(self, done: int, total: int | None) -> None:
        """Without a total the bar says only that something goes on."""
        self.progress.setRange(0, total or 0)
        self.progress.setValue(done)
