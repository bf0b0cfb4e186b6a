"""Why a question was not answered, what to do, and the question once more."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QWidget

from app.kit.button import Button
from app.kit.design import XS, M
from app.kit.label import paragraph
from app.kit.layout import at_top, column, row, set_kind, wide
from app.kit.text import Translated, tr, tr_message
from rag_core.host.events import Failed


class FailureCard(Translated, QFrame):
    """`retry_requested` when the question is to be asked again."""

    retry_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._failure: Failed | None = None
        self._what, self._advice = paragraph(kind="strong"), paragraph(kind="")
        retry = Button(tr("Ask again"), self.retry_requested)
        words = column(self._what, self._advice, gap=XS)
        row(wide(words), at_top(retry), gap=M, margins=(M, M, M, M), on=self)

    def set_failure(self, failure: Failed | None) -> None:
        """None: the program ended before the question was answered."""
        self._failure = failure
        is_mild = failure is None or failure.kind in ("engine_lost", "mismatch")
        set_kind(self, "warning" if is_mild else "error")
        self.retranslate()

    def retranslate(self) -> None:
        what, advice = self._words()
        self._what.setText(what)
        self._advice.setText(advice)
        self._advice.setVisible(bool(advice))

    def _words(self) -> tuple[str, str]:
        failure = self._failure
        if failure is None:
            return tr("This question was not answered: Alcove was closed before."), ""
        if failure.kind == "engine_lost":
            stopped = tr("The engine stopped while it was answering, and is started again.")
            return stopped, tr("Your question is kept. You can ask it again.")
        message = tr_message(failure.message)
        if failure.kind == "bug":
            message = tr("Alcove made a mistake: {message}", message=message)
        return message, tr_message(failure.advice)
