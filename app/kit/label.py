"""Labels: always plain text, whatever it is; words and pictures follow language and theme by themselves."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel

from app.kit.design import colours
from app.kit.resources import app_icon, icon
from app.kit.text import Translated, said_again


class Label(Translated, QLabel):
    """`kind` is its look (assets/themes). `copied`: its words can be marked with the mouse and copied."""

    def __init__(self, words: str = "", kind: str = "", *, wraps: bool = False, copied: bool = False) -> None:
        super().__init__()
        self._words = words
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wraps)
        if copied:
            self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if kind:
            self.setProperty("kind", kind)
        self.setText(words)

    def setText(self, words: str) -> None:  # noqa: N802 - Qt's name
        self._words = words
        super().setText(words)

    def retranslate(self) -> None:
        self.setText(said_again(self._words))


def paragraph(words: str = "", kind: str = "muted") -> Label:
    """As many lines as it needs; can be copied."""
    return Label(words, kind, wraps=True, copied=True)


class Picture(Translated, QLabel):
    """An icon in one of the theme's colours (`tone`: a field of `Colours`)."""

    def __init__(self, name: str = "", px: int = 20, tone: str = "text") -> None:
        super().__init__()
        self._name, self._tone, self._px = name, tone, px
        self.retheme()

    def show_icon(self, name: str, tone: str = "text") -> None:
        if (name, tone) != (self._name, self._tone):
            self._name, self._tone = name, tone
            self.retheme()

    def retheme(self) -> None:
        if self._name:
            drawn = app_icon() if self._name == "alcove" else icon(self._name, getattr(colours(), self._tone))
            self.setPixmap(drawn.pixmap(QSize(self._px, self._px)))
