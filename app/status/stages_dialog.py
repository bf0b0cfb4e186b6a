"""Which part of the machine does what, from a real run of each step, and what is to be done about the NPU."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.kit.button import Button
from app.kit.design import XL, L, M, S
from app.kit.dialog import Dialog
from app.kit.label import paragraph
from app.kit.layout import STRETCH, clear, column, held, row, scrolled, wide
from app.kit.text import tr
from app.status.npu_section import NpuSection
from app.status.preparation_model import PreparationModel
from app.status.stages_model import StagesModel
from app.status.stages_table import StagesTable

_SIZE, _SMALLEST = QSize(680, 520), QSize(560, 380)


class StagesDialog(Dialog):
    """`check_requested` asks for a new run of every stage; what is wanted of the NPU, `npu` says."""

    check_requested = Signal()

    def __init__(self, stages: StagesModel, preparation: PreparationModel, parent: QWidget | None = None) -> None:
        super().__init__(tr("Where the models run"), parent, _SIZE, _SMALLEST)
        self._stages = stages
        intro = paragraph(
            tr("Each step was run once on this computer. What you see is where it really ran, not what was planned.")
        )
        self._state = paragraph()
        self._body = QVBoxLayout()
        self.npu = NpuSection(stages, preparation)
        self._again = Button(tr("Check again"), self.check_requested)
        self._close = Button(tr("Close"), self.accept, "primary")
        self._close.setDefault(True)
        # What a driver says can be long; the scroll bar stands beside the words.
        content = held(column(self._body, self.npu, STRETCH, gap=L, margins=(0, 0, M, 0)))
        buttons = row(self._again, wide(self._state), self._close, gap=S)
        column(intro, wide(scrolled(content)), buttons, gap=L, margins=(XL, XL, XL, L), on=self)
        self._close.setFocus()
        stages.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        self._again.setEnabled(not self._stages.is_checking)
        self._state.setText(tr("Checking…") if self._stages.is_checking else self._stages.problem)
        clear(self._body)
        if self._stages.checks:
            self._body.addWidget(StagesTable(self._stages.checks))

    def retheme(self) -> None:
        self.retranslate()
