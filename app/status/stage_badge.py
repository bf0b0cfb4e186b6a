"""The badge at the bottom of the window that tells where the models run."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QPushButton, QWidget

from app.kit.design import colours
from app.kit.resources import icon
from app.kit.text import Translated, tr
from app.status.preparation_state import Preparation, progress_text
from app.status.stages_state import StagesModel

_ICON_PX = 16


class StageBadge(Translated, QPushButton):
    """Press it for the reasons (`clicked`)."""

    def __init__(self, stages: StagesModel, preparation: Preparation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stages, self._preparation = stages, preparation
        self.setProperty("kind", "quiet")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setIconSize(QSize(_ICON_PX, _ICON_PX))
        stages.changed.connect(self.retranslate)
        preparation.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        badge = self._stages.badge()
        preparing = progress_text(self._preparation.view) if self._preparation.is_running else ""
        explanation = "\n".join(part for part in (badge.explanation, preparing) if part)
        self.setText(badge.text)
        self.setToolTip(explanation)
        self.setAccessibleName(tr("Where the models run: {place}", place=badge.text))
        self.setAccessibleDescription(explanation)
        self.setIcon(icon("warning", colours().warning) if badge.is_warning else icon("processor", colours().muted))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.retranslate()
