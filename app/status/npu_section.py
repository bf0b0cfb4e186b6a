"""What is to be said of the NPU, and done about it: prepare the models, stop that, try again what failed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.kit.design import S
from app.kit.text import Translated, tr
from app.status.preparation_state import Preparation, sentence
from app.status.stages_state import StagesModel

_BAR_WIDTH = 160


class NpuSection(Translated, QWidget):
    """Hidden on a computer without an NPU."""

    retry_requested = Signal()
    preparation_requested = Signal()
    stop_requested = Signal()

    def __init__(self, stages: StagesModel, preparation: Preparation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stages, self._preparation = stages, preparation
        self._heading, self._words = QLabel(), QLabel()
        self._heading.setProperty("kind", "section")
        self._words.setWordWrap(True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.progress = QProgressBar(textVisible=False)
        self.progress.setFixedWidth(_BAR_WIDTH)
        self.prepare_button, self.stop_button, self.retry_button = QPushButton(), QPushButton(), QPushButton()
        self.prepare_button.clicked.connect(self.preparation_requested)
        self.stop_button.clicked.connect(self.stop_requested)
        self.retry_button.clicked.connect(self.retry_requested)
        row = QHBoxLayout()
        row.setSpacing(S)
        for part in (self.progress, self.prepare_button, self.stop_button, self.retry_button):
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        column.addWidget(self._heading)
        column.addWidget(self._words)
        column.addLayout(row)
        stages.changed.connect(self._show)
        preparation.changed.connect(self._show)
        self.retranslate()

    def retranslate(self) -> None:
        self._heading.setText(tr("NPU"))
        self.progress.setAccessibleName(tr("Progress of preparing the models"))
        self.prepare_button.setText(tr("Prepare now"))
        self.prepare_button.setAccessibleDescription(
            tr("It takes some minutes, once. You can go on working meanwhile.")
        )
        self.stop_button.setText(tr("Stop preparing"))
        self.retry_button.setText(tr("Try the NPU again"))
        self._show()

    def _show(self) -> None:
        view, words = self._preparation.view, sentence(self._preparation.view)
        self.setVisible(bool(words) or self._stages.can_retry)
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self.progress.setVisible(self._preparation.is_running)
        self.progress.setRange(0, view.total or 0)
        self.progress.setValue(view.done)
        self.prepare_button.setVisible(view.can_start)
        self.stop_button.setVisible(self._preparation.is_running)
        self.stop_button.setEnabled(not view.stopping)
        self.retry_button.setVisible(self._stages.can_retry)
        self.retry_button.setEnabled(not self._stages.is_checking)
