"""Asks before something is taken away."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from app.kit.button import Button
from app.kit.design import XL, M, S
from app.kit.dialog import Dialog
from app.kit.label import Label
from app.kit.layout import STRETCH, column, row
from app.kit.text import tr

_WIDTH = 420


class ConfirmDialog(Dialog):
    """`accepted` when the person says yes. "Cancel" has the focus, so that Enter alone removes nothing."""

    def __init__(self, parent: QWidget, question: str, explanation: str, action_label: str) -> None:
        super().__init__(action_label, parent)
        self.setAccessibleDescription(f"{question} {explanation}")
        self.setMinimumWidth(_WIDTH)
        self.cancel_button = Button(tr("Cancel"), self.reject)
        self.action_button = Button(action_label, self.accept, "danger")
        self.action_button.setAutoDefault(False)
        self.cancel_button.setDefault(True)
        buttons = row(STRETCH, self.cancel_button, self.action_button, gap=S)
        words = (Label(question, "heading", wraps=True), Label(explanation, wraps=True))
        column(*words, M, buttons, gap=M, margins=(XL, XL, XL, XL), on=self)
        self.cancel_button.setFocus()


def ask(parent: QWidget, question: str, explanation: str, action_label: str, agreed: Callable[[], object]) -> None:
    """Returns at once; `agreed` is called if the person says yes."""
    dialog = ConfirmDialog(parent, question, explanation, action_label)
    dialog.accepted.connect(agreed)
    dialog.open_once()
