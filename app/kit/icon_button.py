"""A small button with a picture; its words are the tooltip and what a screen reader says."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QToolButton, QWidget

from app.kit.resources import icon

_ICON_PX, _SIDE_PX = 18, 28


class IconButton(QToolButton):
    """Takes the theme's colour, also when the theme changes."""

    def __init__(self, icon_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self.setProperty("kind", "icon")
        self.setIcon(icon(icon_name))
        self.setIconSize(QSize(_ICON_PX, _ICON_PX))
        self.setFixedSize(_SIDE_PX, _SIDE_PX)
        self.setAutoRaise(True)

    def set_words(self, words: str, keys: str = "") -> None:
        """What the button does, and the keys that do it too ("Ctrl+F"; shown as this system writes them)."""
        shown = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
        self.setToolTip(f"{words} ({shown})" if shown else words)
        self.setAccessibleName(words)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.PaletteChange:
            self.setIcon(icon(self._icon_name))
        super().changeEvent(event)
