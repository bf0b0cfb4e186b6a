"""A clickable place with a layout of its own: one button to keyboard and screen reader, several words to the eye."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.kit.design import RADIUS, colours

Look = Literal["row", "quote", "outlined"]


class PaneButton(QAbstractButton):
    """Lay children out in it; they must not take the mouse (`let_through`)."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._is_hovered = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        layout = self.layout()
        return layout.sizeHint() if layout else QSize(40, 28)

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        layout = self.layout()
        return layout is not None and layout.hasHeightForWidth()

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        layout = self.layout()
        return layout.heightForWidth(width) if layout else 28

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        chosen = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill, line = self._colours()
        if self.hasFocus():
            line = chosen.focus
        painter.setBrush(QColor(fill) if fill else Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(line), 2.0 if self.hasFocus() else 1.0) if line else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)

    def _colours(self) -> tuple[str, str]:
        chosen = colours()
        under_pointer = self._is_hovered or self.isDown()
        if self._look == "quote":
            return chosen.mark, chosen.mark_border if under_pointer else ""
        if self._look == "outlined":
            return chosen.raised if under_pointer else chosen.surface, chosen.border
        return (chosen.raised if under_pointer else "", "")

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802 - Qt's name
        self._is_hovered = True
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        self._is_hovered = False
        self.update()
        super().leaveEvent(event)


def let_through(*widgets: QWidget) -> None:
    """Clicks on these reach the button that they lie in."""
    for widget in widgets:
        widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
