"""The part of the bottom bar that shows the models being prepared for the NPU."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent

from app.kit.button import IconButton
from app.kit.design import S
from app.kit.progress_strip import ProgressStrip
from app.kit.text import tr
from app.status.preparation_model import PreparationModel, progress_text, short_text

_BAR_WIDTH = 80


class PreparationBar(ProgressStrip):
    """Hidden while nothing is prepared. Says less where there is little room: documents may be read meanwhile."""

    stop_requested = Signal()

    def __init__(self, preparation: PreparationModel) -> None:
        stop = tr("Stop preparing. What is ready stays; the rest follows at the next start.")
        button = IconButton("close", stop, px=16)
        name, name_of_bar = tr("Preparing the models for the NPU"), tr("Progress of preparing the models")
        super().__init__(name, name_of_bar, _BAR_WIDTH, button)
        self._preparation, self.stop_button = preparation, button
        self.stop_button.clicked.connect(self.stop_requested)
        preparation.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        status = self._preparation.status
        self.setVisible(self._preparation.is_running)
        self._fit()
        self.show_progress(status.done, status.total)
        self.stop_button.setEnabled(not status.stopping)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        status, metrics = self._preparation.status, self.text.fontMetrics()
        whole, short = progress_text(status), short_text(status)
        others = self.progress.width() + self.stop_button.width() + 2 * S
        fits = metrics.horizontalAdvance(whole) + others < self.width()
        self.text.set_whole_text(whole if fits else short)
        self.text.setMinimumWidth(metrics.horizontalAdvance(short) + 2)
        self.progress.setVisible(fits)
        self.setToolTip(whole)
