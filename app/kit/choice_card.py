"""A large button: a picture, a name, and a line that explains."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QPushButton, QSizePolicy

from app.kit.design import XS, L, M
from app.kit.label import Label, Picture
from app.kit.layout import at_top, column, row, wide
from app.kit.pane_button import let_through
from app.kit.text import Translated, said_again

_PICTURE_PX = 28


class ChoiceCard(Translated, QPushButton):
    """Its words are the accessible name and description."""

    def __init__(self, picture: str, name: str, explanation: str) -> None:
        super().__init__()
        self._icon_name, self._explanation = picture, explanation
        self._picture, self._line = Picture(picture, _PICTURE_PX, "accent"), Label(kind="muted", wraps=True)
        self._line.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._line.setText(explanation)
        self.say(self.setAccessibleName, name)
        self.say(self.setAccessibleDescription, explanation)
        title = Label(name, "strong", wraps=True)
        let_through(self._picture, title, self._line)
        words = column(title, wide(self._line), gap=XS)
        row(at_top(self._picture), wide(words), gap=M, margins=(L, L, L, L), on=self)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_busy(self, words: str) -> None:
        """Said in place of the explanation; "" brings that back."""
        self._line.setText(words or said_again(self._explanation))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        layout = self.layout()
        return layout.sizeHint() if layout else super().sizeHint()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(160, self.sizeHint().height())

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        layout = self.layout()
        return layout.totalHeightForWidth(width) if layout else super().heightForWidth(width)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._picture.show_icon(self._icon_name, "accent" if self.isEnabled() else "muted")
