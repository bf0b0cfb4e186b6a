"""The part of the bottom bar that shows the models being prepared for the NPU."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QToolButton, QWidget

from app.kit.design import S
from app.kit.elided_label import ElidedLabel
from app.kit.resources import icon
from app.kit.text import Translated, tr
from app.status.preparation_state import Preparation, progress_text, short_text

_BAR_WIDTH = 80


class PreparationBar(Translated, QWidget):
    """Hidden while nothing is prepared. Says less where there is little room: documents may be read meanwhile."""

    stop_requested = Signal()

    def __init__(self, preparation: Preparation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preparation = preparation
        self.text = ElidedLabel()
        self.progress = QProgressBar(textVisible=False)
        self.progress.setFixedWidth(_BAR_WIDTH)
        self.stop_button = QToolButton()
        self.stop_button.setIconSize(QSize(16, 16))
        self.stop_button.setMinimumSize(28, 28)
        self.stop_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.stop_button.clicked.connect(self.stop_requested)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(S)
        for part in (self.text, self.progress, self.stop_button):
            layout.addWidget(part, 1 if part is self.text else 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        preparation.changed.connect(self._show)
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Preparing the models for the NPU"))
        self.progress.setAccessibleName(tr("Progress of preparing the models"))
        words = tr("Stop preparing. What is ready stays; the rest follows at the next start.")
        self.stop_button.setToolTip(words)
        self.stop_button.setAccessibleName(words)
        self._show()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        view, metrics = self._preparation.view, self.text.fontMetrics()
        whole, short = progress_text(view), short_text(view)
        others = self.progress.width() + self.stop_button.width() + 2 * S
        fits = metrics.horizontalAdvance(whole) + others < self.width()
        self.text.set_whole_text(whole if fits else short)
        self.text.setMinimumWidth(metrics.horizontalAdvance(short) + 2)
        self.progress.setVisible(fits)
        self.setToolTip(whole)

    def _show(self) -> None:
        view = self._preparation.view
        self.setVisible(self._preparation.is_running)
        self._fit()
        self.progress.setRange(0, view.total or 0)
        self.progress.setValue(view.done)
        self.stop_button.setIcon(icon("close"))
        self.stop_button.setEnabled(not view.stopping)
