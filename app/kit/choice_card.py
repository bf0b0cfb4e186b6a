"""A large button: a picture, a name, and a line that explains."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.kit.design import XS, L, M, colours
from app.kit.resources import icon

_PICTURE_PX = 28


class ChoiceCard(QPushButton):
    """Its words are the accessible name and description."""

    def __init__(self, picture: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture_name = picture
        self._explanation = ""
        self._picture, self._name, self._line = QLabel(), QLabel(), QLabel()
        self._name.setProperty("kind", "strong")
        self._line.setProperty("kind", "muted")
        for label in (self._name, self._line):
            label.setWordWrap(True)
        self._line.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        for label in (self._picture, self._name, self._line):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        words = QVBoxLayout()
        words.setSpacing(XS)
        words.addWidget(self._name)
        words.addWidget(self._line, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(L, L, L, L)
        row.setSpacing(M)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._paint()

    def set_words(self, name: str, explanation: str) -> None:
        self._explanation = explanation
        self._name.setText(name)
        self._line.setText(explanation)
        self.setAccessibleName(name)
        self.setAccessibleDescription(explanation)

    def set_busy(self, words: str) -> None:
        """Said in place of the explanation; "" brings that back."""
        self._line.setText(words or self._explanation)

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
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.EnabledChange):
            self._paint()

    def _paint(self) -> None:
        tone = colours().accent if self.isEnabled() else colours().muted
        self._picture.setPixmap(icon(self._picture_name, tone).pixmap(_PICTURE_PX, _PICTURE_PX))
