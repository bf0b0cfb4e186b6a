"""Buttons: with words, or with a picture whose words are the tooltip and what a screen reader says."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, SignalInstance
from PySide6.QtGui import QIcon, QKeySequence
from PySide6.QtWidgets import QPushButton, QToolButton

from app.kit.design import colours
from app.kit.resources import icon
from app.kit.text import Translated, said_again

Wish = Callable[..., object] | SignalInstance


class Button(Translated, QPushButton):
    """`kind` is its look (assets/themes); `clicked` what a press means."""

    def __init__(self, words: str = "", clicked: Wish | None = None, kind: str = "") -> None:
        super().__init__()
        self._words = words
        if kind:
            self.setProperty("kind", kind)
        if clicked is not None:
            self.clicked.connect(clicked)
        self.setText(words)

    def setText(self, words: str) -> None:  # noqa: N802 - Qt's name
        self._words = words
        super().setText(words)

    def retranslate(self) -> None:
        self.setText(said_again(self._words))


class IconButton(Translated, QToolButton):
    """Takes the theme's colour (`tone`: a field of `Colours`), also when the theme changes. `keys` do the same
    ("Ctrl+F"; shown as this system writes them). `tip`: what the tooltip says instead of the words.
    """

    def __init__(
        self,
        icon_name: str,
        words: str = "",
        clicked: Wish | None = None,
        *,
        keys: str = "",
        tip: str = "",
        tone: str = "text",
        px: int = 18,
        side: int = 28,
    ) -> None:
        super().__init__()
        self._icon_name, self._tone, self._keys, self._tip = icon_name, tone, keys, tip
        self.setProperty("kind", "icon")
        self.setIconSize(QSize(px, px))
        self.setFixedSize(side, side)
        self.setAutoRaise(True)
        if clicked is not None:
            self.clicked.connect(clicked)
        self.set_words(words)
        self.retheme()

    def set_words(self, words: str) -> None:
        """What the button does."""
        self._words = words
        tip = said_again(self._tip) or words
        if self._keys:
            tip += f" ({QKeySequence(self._keys).toString(QKeySequence.SequenceFormat.NativeText)})"
        self.setToolTip(tip)
        self.setAccessibleName(words)

    def show_icon(self, name: str, tone: str = "text") -> None:
        if (name, tone) != (self._icon_name, self._tone):
            self._icon_name, self._tone = name, tone
            self.retheme()

    def retranslate(self) -> None:
        self.set_words(said_again(self._words))

    def retheme(self) -> None:
        self.setIcon(icon(self._icon_name, getattr(colours(), self._tone)) if self._icon_name else QIcon())
