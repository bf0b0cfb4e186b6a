"""Scrolling that the eye can follow: short, and not at all where the system wants nothing to move."""

from __future__ import annotations

import sys

from PySide6.QtCore import QEasingCurve, QObject, QPropertyAnimation, Qt
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QStyle

_DURATION_MS = 220


class SmoothScroll(QObject):
    """Moves the vertical bar of an area. `by_itself` tells its own moves from the person's."""

    def __init__(self, area: QAbstractScrollArea) -> None:
        super().__init__(area)
        self._area = area
        self._setting = False
        bar = area.verticalScrollBar()  # held: a signal of an object that Python has let go of ends the program
        for moved in (bar.actionTriggered, bar.sliderPressed):
            moved.connect(lambda *_: self.stop())  # the person's hand comes first
        self._motion = QPropertyAnimation(bar, b"value", self)
        self._motion.setDuration(_DURATION_MS)
        self._motion.setEasingCurve(QEasingCurve.Type.OutCubic)

    @property
    def by_itself(self) -> bool:
        return self._setting or self._motion.state() == QPropertyAnimation.State.Running

    def stop(self) -> None:
        self._motion.stop()

    def to(self, value: int, animated: bool = True) -> None:
        """Scroll to `value`, or as far as it goes. From far away only the last part is seen moving."""
        bar, height = self._area.verticalScrollBar(), self._area.viewport().height()
        goal = min(max(bar.minimum(), value), bar.maximum())
        self._motion.stop()
        if not animated or goal == bar.value() or not self._may_move():
            self._set(goal)
            return
        if abs(goal - bar.value()) > height:
            self._set(goal - height if goal > bar.value() else goal + height)
        self._motion.setStartValue(bar.value())
        self._motion.setEndValue(goal)
        self._motion.start()

    def _set(self, value: int) -> None:
        self._setting = True
        self._area.verticalScrollBar().setValue(value)
        self._setting = False

    def _may_move(self) -> bool:
        area = self._area
        if not area.isVisible() or not area.style().styleHint(
            QStyle.StyleHint.SH_Widget_Animation_Duration, None, area
        ):
            return False
        return sys.platform != "win32" or QApplication.isEffectEnabled(Qt.UIEffect.UI_General)
