"""Getting the models ready for the NPU, as the window shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Signal

from app.kit.npu_words import preparing_for_npu
from app.kit.text import tr, tr_message
from rag_core.messages import NOTHING, Message

State = Literal["unknown", "none", "emulated", "missing", "impossible", "preparing", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class PreparationStatus:
    """One moment. "none": no NPU to prepare for; "missing": something is not prepared, or no longer fits, and
    "impossible": nor can it be made here; `reason` says why, or what went wrong. `chip` is the NPU's plain name.
    """

    state: State = "unknown"
    chip: str = ""
    reason: Message = NOTHING
    done: int = 0
    total: int | None = None
    stopping: bool = False
    can_start: bool = False


class PreparationModel(QObject):
    """`changed` after every change of `status`."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.status = PreparationStatus()

    def show(self, status: PreparationStatus) -> None:
        if status != self.status:
            self.status = status
            self.changed.emit()

    @property
    def is_running(self) -> bool:
        return self.status.state == "preparing"


def sentence(status: PreparationStatus) -> str:
    """What is to be said of it; empty where nothing is."""
    if status.state == "preparing":
        return progress_text(status)
    if status.state == "ready":
        return tr("The models are prepared for this NPU ({chip}).", chip=status.chip)
    if status.state == "emulated" and status.can_start:
        return tr("The models are not prepared for this NPU ({chip}) yet.", chip=status.chip)
    if status.state == "missing":
        problem = tr_message(status.reason) or tr(
            "The models are not prepared for this NPU ({chip}) yet.", chip=status.chip
        )
        return tr("{problem} Until then they run on the processor.", problem=problem)
    return tr_message(status.reason) if status.state in ("impossible", "failed") else ""


def progress_text(status: PreparationStatus) -> str:
    """In a line."""
    if status.stopping:
        return tr("Stopping…")
    return preparing_for_npu(status.done, status.total)


def short_text(status: PreparationStatus) -> str:
    """Where there is little room."""
    if status.stopping or not status.total:
        return tr("NPU…")
    return tr("NPU: {done} of {total}", done=status.done, total=status.total)
