"""What is to be said of the NPU, and done about it: prepare the models, stop that, try again what failed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from app.kit.button import Button
from app.kit.design import S
from app.kit.label import Label, paragraph
from app.kit.layout import STRETCH, column, row
from app.kit.text import Translated, tr
from app.status.preparation_model import PreparationModel, sentence
from app.status.stages_model import StagesModel

_BAR_WIDTH = 160


class NpuSection(Translated, QWidget):
    """Hidden on a computer without an NPU."""

    retry_requested = Signal()
    preparation_requested = Signal()
    stop_requested = Signal()

    def __init__(self, stages: StagesModel, preparation: PreparationModel) -> None:
        super().__init__()
        self._stages, self._preparation = stages, preparation
        self._words = paragraph(kind="")
        self.progress = QProgressBar(textVisible=False)
        self.progress.setFixedWidth(_BAR_WIDTH)
        self.say(self.progress.setAccessibleName, tr("Progress of preparing the models"))
        self.prepare_button = Button(tr("Prepare now"), self.preparation_requested)
        hint = tr("It takes some minutes, once. You can go on working meanwhile.")
        self.say(self.prepare_button.setAccessibleDescription, hint)
        self.stop_button = Button(tr("Stop preparing"), self.stop_requested)
        self.retry_button = Button(tr("Try the NPU again"), self.retry_requested)
        buttons = row(self.progress, self.prepare_button, self.stop_button, self.retry_button, STRETCH, gap=S)
        column(Label(tr("NPU"), "section"), self._words, buttons, gap=S, on=self)
        stages.changed.connect(self.retranslate)
        preparation.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        status, words = self._preparation.status, sentence(self._preparation.status)
        self.setVisible(bool(words) or self._stages.can_retry)
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self.progress.setVisible(self._preparation.is_running)
        self.progress.setRange(0, status.total or 0)
        self.progress.setValue(status.done)
        self.prepare_button.setVisible(status.can_start)
        self.stop_button.setVisible(self._preparation.is_running)
        self.stop_button.setEnabled(not status.stopping)
        self.retry_button.setVisible(self._stages.can_retry)
        self.retry_button.setEnabled(not self._stages.is_checking)
