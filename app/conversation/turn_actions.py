"""The quiet row under an answer: copy, ask again, thumbs, and how long it took where."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.conversation.conversation_model import ShownTurn
from app.kit.button import IconButton
from app.kit.design import XS
from app.kit.label import Label
from app.kit.layout import STRETCH, row
from app.kit.text import Translated, number, tr
from rag_core.types import Answer

_SIZE = 30


class TurnActions(Translated, QWidget):
    """`feedback_given` carries "up", "down" or ""."""

    copy_requested = Signal()
    retry_requested = Signal()
    feedback_given = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._turn: ShownTurn | None = None
        copy, again = tr("Copy the answer with its sources"), tr("Ask this question again")
        self._copy = IconButton("copy", tr("Copy answer"), self.copy_requested, side=_SIZE, tip=copy, tone="muted")
        self._retry = IconButton("refresh", tr("Ask again"), self.retry_requested, side=_SIZE, tip=again, tone="muted")
        good, poor = (
            tr("Good answer. This is kept on this computer only."),
            tr("Poor answer. This is kept on this computer only."),
        )
        self._up = IconButton("thumb-up", tr("Good answer"), side=_SIZE, tip=good, tone="muted")
        self._down = IconButton("thumb-down", tr("Poor answer"), side=_SIZE, tip=poor, tone="muted")
        for button, feedback in ((self._up, "up"), (self._down, "down")):
            button.setCheckable(True)
            button.clicked.connect(lambda on, feedback=feedback: self.feedback_given.emit(feedback if on else ""))
        self._print = Label(kind="small")
        buttons = (self._copy, self._retry, self._up, self._down)
        row(*buttons, STRETCH, self._print, gap=XS, on=self)

    def set_turn(self, turn: ShownTurn) -> None:
        self._turn = turn
        for button, feedback in ((self._up, "up"), (self._down, "down")):
            button.setChecked(turn.stored.feedback == feedback)
            button.show_icon(f"thumb-{feedback}", "accent" if button.isChecked() else "muted")
        for button in (self._copy, self._up, self._down):
            button.setVisible(turn.answer is not None)
        self.retranslate()

    def retranslate(self) -> None:
        answer = self._turn.answer if self._turn else None
        self._print.setText(small_print(answer) if answer else "")


def small_print(answer: Answer) -> str:
    """ "0.4 s · processor": measured, never guessed."""
    parts = []
    total_ms = answer.timings_ms.get("total")
    if total_ms is not None:
        parts.append(tr("{seconds} s", seconds=number(total_ms / 1000, ".1f")))
    provider = answer.providers.get("generate" if answer.generated else "embed", "")
    if provider:
        parts.append(provider_words(provider))
    return " · ".join(parts)


def provider_words(provider: str) -> str:
    """An execution provider in a person's words."""
    name = provider.removesuffix("ExecutionProvider").lower()
    if name == "cpu":
        return tr("processor")
    if name in ("qnn", "vitisai", "npu"):
        return tr("NPU")
    if name in ("dml", "cuda", "webgpu", "coreml", "gpu"):
        return tr("graphics")
    return provider
