"""Why a question was not answered, what to do, and the question once more."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.kit.design import XS, M
from app.kit.text import Translated, tr, tr_message
from rag_core.host.events import Failed


class FailureCard(Translated, QFrame):
    """`retry_asked` when the question is to be asked again."""

    retry_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._failure: Failed | None = None
        self._what = QLabel()
        self._what.setProperty("kind", "strong")
        self._advice = QLabel()
        self._retry = QPushButton()
        for label in (self._what, self._advice):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words = QVBoxLayout()
        words.setSpacing(XS)
        words.addWidget(self._what)
        words.addWidget(self._advice)
        row = QHBoxLayout(self)
        row.setContentsMargins(M, M, M, M)
        row.setSpacing(M)
        row.addLayout(words, 1)
        row.addWidget(self._retry, 0, Qt.AlignmentFlag.AlignTop)
        self._retry.clicked.connect(self.retry_asked)

    def set_failure(self, failure: Failed) -> None:
        self._failure = failure
        self.setProperty("kind", "warning" if failure.kind in ("engine_lost", "mismatch") else "error")
        self.style().unpolish(self)
        self.style().polish(self)
        self.retranslate()

    def set_interrupted(self) -> None:
        """The program ended before the question was answered."""
        self._failure = None
        self.setProperty("kind", "warning")
        self.style().unpolish(self)
        self.style().polish(self)
        self.retranslate()

    def retranslate(self) -> None:
        self._retry.setText(tr("Ask again"))
        if self._failure is None:
            self._what.setText(tr("This question was not answered: Alcove was closed before."))
            self._advice.setText("")
        elif self._failure.kind == "engine_lost":
            self._what.setText(tr("The engine stopped while it was answering, and is started again."))
            self._advice.setText(tr("Your question is kept. You can ask it again."))
        else:
            message = tr_message(self._failure.message)
            if self._failure.kind == "bug":
                message = tr("Alcove made a mistake: {message}", message=message)
            self._what.setText(message)
            self._advice.setText(tr_message(self._failure.advice))
        self._advice.setVisible(bool(self._advice.text()))
