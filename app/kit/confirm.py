"""Asks before something is taken away."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.kit.design import XL, M, S
from app.kit.text import tr

_WIDTH = 420


class ConfirmDialog(QDialog):
    """`accepted` when the person says yes. "Cancel" has the focus, so that Enter alone removes nothing."""

    def __init__(self, parent: QWidget, question: str, explanation: str, action_label: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(action_label)
        self.setAccessibleDescription(f"{question} {explanation}")
        self.setMinimumWidth(_WIDTH)
        title = QLabel(question, wordWrap=True)
        title.setProperty("kind", "heading")
        title.setTextFormat(Qt.TextFormat.PlainText)
        text = QLabel(explanation, wordWrap=True)
        text.setTextFormat(Qt.TextFormat.PlainText)
        self.cancel_button = QPushButton(tr("Cancel"))
        self.action_button = QPushButton(action_label)
        self.action_button.setProperty("kind", "danger")
        self.action_button.setAutoDefault(False)
        self.cancel_button.setDefault(True)
        self.cancel_button.clicked.connect(self.reject)
        self.action_button.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.setSpacing(S)
        buttons.addStretch()
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.action_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(XL, XL, XL, XL)
        layout.setSpacing(M)
        layout.addWidget(title)
        layout.addWidget(text)
        layout.addSpacing(M)
        layout.addLayout(buttons)
        self.cancel_button.setFocus()


def ask(parent: QWidget, question: str, explanation: str, action_label: str, agreed: Callable[[], None]) -> None:
    """Returns at once; `agreed` is called if the person says yes."""
    dialog = ConfirmDialog(parent, question, explanation, action_label)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.accepted.connect(agreed)
    dialog.open()
