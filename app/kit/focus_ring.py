"""A frame around what has the keyboard, for views that the style sheet cannot reach into."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractScrollArea

from app.kit.design import colours

_BY_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
_WIDTH_PX = 2


class FocusRing(QObject):
    """Watches a scroll area. Shown to those who use the keyboard; a click needs no frame."""

    def __init__(self, area: QAbstractScrollArea) -> None:
        super().__init__(area)
        self._area = area
        self._is_shown = False
        area.installEventFilter(self)

    def paint(self) -> None:
        """At the end of the area's `paintEvent`."""
        if self._is_shown:
            painter = QPainter(self._area.viewport())
            painter.setPen(QPen(QColor(colours().focus), _WIDTH_PX))
            painter.drawRect(self._area.viewport().rect().adjusted(1, 1, -1, -1))
            painter.end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if isinstance(event, QFocusEvent):
            self._is_shown = event.gotFocus() and event.reason() in _BY_KEYBOARD
            self._area.viewport().update()
        return super().eventFilter(watched, event)
