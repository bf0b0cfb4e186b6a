"""The quiet row under an answer: copy, ask again, thumbs, and how long it took where."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from app.conversation.conversation_model import ShownTurn
from app.kit.design import XS, colours
from app.kit.resources import icon
from app.kit.text import Translated, tr
from rag_core.types import Answer

_SIZE = 30


class TurnActions(Translated, QWidget):
    """`feedback_given` carries "up", "down" or ""."""

    copy_asked = Signal()
    retry_asked = Signal()
    feedback_given = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._turn: ShownTurn | None = None
        self._copy, self._retry, self._up, self._down = (QToolButton() for _ in range(4))
        self._print = QLabel()
        self._print.setProperty("kind", "small")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(XS)
        for button in (self._copy, self._retry, self._up, self._down):
            button.setFixedSize(_SIZE, _SIZE)
            button.setIconSize(QSize(18, 18))
            button.setProperty("kind", "icon")
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self._print)
        self._up.setCheckable(True)
        self._down.setCheckable(True)
        self._copy.clicked.connect(self.copy_asked)
        self._retry.clicked.connect(self.retry_asked)
        self._up.clicked.connect(lambda checked: self.feedback_given.emit("up" if checked else ""))
        self._down.clicked.connect(lambda checked: self.feedback_given.emit("down" if checked else ""))
        self._draw_icons()
        self.retranslate()

    def set_turn(self, turn: ShownTurn) -> None:
        self._turn = turn
        self._up.setChecked(turn.stored.feedback == "up")
        self._down.setChecked(turn.stored.feedback == "down")
        for button in (self._copy, self._up, self._down):
            button.setVisible(turn.answer is not None)
        self._draw_icons()
        self.retranslate()

    def retranslate(self) -> None:
        for button, name, tip in (
            (self._copy, tr("Copy answer"), tr("Copy the answer with its sources")),
            (self._retry, tr("Ask again"), tr("Ask this question again")),
            (self._up, tr("Good answer"), tr("Good answer. This is kept on this computer only.")),
            (self._down, tr("Poor answer"), tr("Poor answer. This is kept on this computer only.")),
        ):
            button.setAccessibleName(name)
            button.setToolTip(tip)
        answer = self._turn.answer if self._turn else None
        self._print.setText(small_print(answer) if answer else "")

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icons()

    def _draw_icons(self) -> None:
        chosen = colours()
        for button, name in ((self._copy, "copy"), (self._retry, "refresh")):
            button.setIcon(icon(name, chosen.muted))
        for button, name in ((self._up, "thumb-up"), (self._down, "thumb-down")):
            button.setIcon(icon(name, chosen.accent if button.isChecked() else chosen.muted))


def small_print(answer: Answer) -> str:
    """ "0.4 s · processor": measured, never guessed."""
    parts = []
    total_ms = answer.timings_ms.get("total")
    if total_ms is not None:
        parts.append(tr("{seconds} s", seconds=f"{total_ms / 1000:.1f}"))
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
