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
class PreparationView:
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


class Preparation(QObject):
    """`changed` after every change of `view`."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.view = PreparationView()

    def show(self, view: PreparationView) -> None:
        if view != self.view:
            self.view = view
            self.changed.emit()

    @property
    def is_running(self) -> bool:
        return self.view.state == "preparing"


def sentence(view: PreparationView) -> str:
    """What is to be said of it; empty where nothing is."""
    if view.state == "preparing":
        return progress_text(view)
    if view.state == "ready":
        return tr("The models are prepared for this NPU ({chip}).", chip=view.chip)
    if view.state == "emulated" and view.can_start:
        return tr("The models are not prepared for this NPU ({chip}) yet.", chip=view.chip)
    if view.state == "missing":
        problem = tr_message(view.reason) or tr(
            "The models are not prepared for this NPU ({chip}) yet.", chip=view.chip
        )
        return tr("{problem} Until then they run on the processor.", problem=problem)
    return tr_message(view.reason) if view.state in ("impossible", "failed") else ""


def progress_text(view: PreparationView) -> str:
    """In a line."""
    if view.stopping:
        return tr("Stopping…")
    return preparing_for_npu(view.done, view.total)


def short_text(view: PreparationView) -> str:
    """Where there is little room."""
    if view.stopping or not view.total:
        return tr("NPU…")
    return tr("NPU: {done} of {total}", done=view.done, total=view.total)
