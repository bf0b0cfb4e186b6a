"""What the start page shows: are the models there, and if not, how far are they."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Signal

SetupState = Literal["looking", "missing", "preparing", "failed", "ready"]
SamplesState = Literal["", "reading", "ready"]


@dataclass(frozen=True, slots=True)
class Step:
    """Of the preparation: what is done now, and how much of it. `fraction` is None while nobody knows."""

    text: str = ""
    fraction: float | None = None


class SetupModel(QObject):
    """`changed` follows every change of what is below."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state: SetupState = "looking"
        self.step = Step()
        self.problem = ""
        self.advice = ""
        self.details = ""
        self.samples: SamplesState = ""

    def show(self, state: SetupState, problem: str = "", advice: str = "", details: str = "") -> None:
        self.state, self.problem, self.advice, self.details = state, problem, advice, details
        self.step = Step()
        self.changed.emit()

    def show_step(self, step: Step) -> None:
        self.step = step
        self.changed.emit()

    def show_samples(self, state: SamplesState) -> None:
        self.samples = state
        self.changed.emit()
