"""The marks at the bottom of the window: where the models run, and that nothing leaves this machine."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt

from app.kit.button import Button
from app.kit.design import colours
from app.kit.resources import icon
from app.kit.text import tr
from app.status.preparation_model import PreparationModel, progress_text
from app.status.stages_model import StagesModel

_ICON_PX = 16


class Badge(Button):
    """Press it for the reasons (`clicked`)."""

    def __init__(self, words: str = "") -> None:
        super().__init__(words, kind="quiet")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setIconSize(QSize(_ICON_PX, _ICON_PX))


class OfflineBadge(Badge):
    def __init__(self) -> None:
        super().__init__(tr("Offline"))
        self.say(self.setToolTip, tr("Nothing leaves this computer. Press to see the proof."))
        self.say(self.setAccessibleName, tr("Offline: show the proof"))
        self.retheme()

    def retheme(self) -> None:
        self.setIcon(icon("shield", colours().muted))


class StageBadge(Badge):
    def __init__(self, stages: StagesModel, preparation: PreparationModel) -> None:
        super().__init__()
        self._stages, self._preparation = stages, preparation
        stages.changed.connect(self.retranslate)
        preparation.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        shown = self._stages.summary()
        preparing = progress_text(self._preparation.status) if self._preparation.is_running else ""
        explanation = "\n".join(part for part in (shown.explanation, preparing) if part)
        self.setText(shown.text)
        self.setToolTip(explanation)
        self.setAccessibleName(tr("Where the models run: {place}", place=shown.text))
        self.setAccessibleDescription(explanation)
        self.retheme()

    def retheme(self) -> None:
        is_warning = self._stages.summary().is_warning
        self.setIcon(icon("warning", colours().warning) if is_warning else icon("processor", colours().muted))
