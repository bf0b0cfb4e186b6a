"""Which part of the machine does what, from a real run of each step, and what is to be done about the NPU."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.kit.design import XL, L, M, S
from app.kit.text import Translated, tr
from app.status.npu_section import NpuSection
from app.status.preparation_state import Preparation
from app.status.stages_state import StagesModel
from app.status.stages_table import StagesTable, label

_SIZE, _SMALLEST = QSize(680, 520), QSize(560, 380)


class StagesDialog(Translated, QDialog):
    """`check_requested` asks for a new run of every stage; what is wanted of the NPU, `npu` says."""

    check_requested = Signal()

    def __init__(self, stages: StagesModel, preparation: Preparation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stages = stages
        self._intro, self._state = label("muted", wrap=True), label("muted", wrap=True)
        self._body = QVBoxLayout()
        self._table: QWidget | None = None
        self.npu = NpuSection(stages, preparation)
        self._again, self._close = QPushButton(), QPushButton()
        self._close.setProperty("kind", "primary")
        self._close.setDefault(True)
        self._again.clicked.connect(self.check_requested)
        self._close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.setSpacing(S)
        buttons.addWidget(self._again)
        buttons.addWidget(self._state, 1)
        buttons.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, L)
        column.setSpacing(L)
        column.addWidget(self._intro)
        column.addWidget(self._scrolled(), 1)
        column.addLayout(buttons)
        self.setMinimumSize(_SMALLEST)
        self.resize(_SIZE)
        self._close.setFocus()
        stages.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        self.setWindowTitle(tr("Where the models run"))
        self._intro.setText(
            tr("Each step was run once on this computer. What you see is where it really ran, not what was planned.")
        )
        self._again.setText(tr("Check again"))
        self._again.setEnabled(not self._stages.is_checking)
        self._close.setText(tr("Close"))
        self._state.setText(tr("Checking…") if self._stages.is_checking else self._stages.problem)
        self._show_table()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.retranslate()

    def _scrolled(self) -> QScrollArea:
        """What a driver says can be long."""
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, M, 0)  # the scroll bar stands beside the words
        column.setSpacing(L)
        column.addLayout(self._body)
        column.addWidget(self.npu)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(content)
        return area

    def _show_table(self) -> None:
        if self._table is not None:
            self._table.hide()
            self._table.deleteLater()
        self._table = StagesTable(self._stages.checks) if self._stages.checks else None
        if self._table is not None:
            self._body.addWidget(self._table)
