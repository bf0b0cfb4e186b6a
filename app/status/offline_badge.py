"""The mark at the bottom of the window: nothing leaves this machine. It opens the proof."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QPushButton, QWidget

from app.kit.design import colours
from app.kit.resources import icon
from app.kit.text import Translated, tr

_ICON_PX = 16


class OfflineBadge(Translated, QPushButton):
    """Press it for the proof (`clicked`)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "quiet")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setIconSize(QSize(_ICON_PX, _ICON_PX))
        self.retranslate()

    def retranslate(self) -> None:
        self.setText(tr("Offline"))
        self.setToolTip(tr("Nothing leaves this computer. Press to see the proof."))
        self.setAccessibleName(tr("Offline: show the proof"))
        self.setIcon(icon("shield", colours().muted))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.retranslate()
