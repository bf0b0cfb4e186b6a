"""Python's cyclic garbage collector, on the main thread alone, and out of the person's way.

It runs wherever an allocation tips the balance: on the thread that hears the engine, or in the middle of Qt's walk
over all widgets. Widgets in a cycle would be destroyed there, and Qt ends the process. So it is switched off and run
from the event loop, where nothing of Qt is on the stack. Many large Qt programs in Python do the same.

Collecting takes about half a microsecond per object, so a long list of documents would stop the window for 50 ms and
more. While a person works, only few and new objects are looked at. Many new ones at once (a list has come) are set
aside as they are; what they may hold of garbage goes when nobody is at work.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QWindow
from PySide6.QtWidgets import QApplication

CHECK_EVERY_MS = 1000
IDLE_S = 2.0  # without a key or a movement of the mouse
MOST_YOUNG = 8_000  # objects; some 5 ms
ALL_AFTER = 20_000  # new objects: then all are worth a look

_INPUT = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.InputMethod,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.Wheel,
    }
)


class GarbageCollector(QObject):
    """From construction until `shutdown`."""

    def __init__(self, parent: QObject | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._clock = clock
        self._last_input = clock()
        self._new_objects = 0  # since all were looked at
        self._has_set_aside = False
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self, interval=CHECK_EVERY_MS)
        self._timer.timeout.connect(self.check)
        self._timer.start()
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusWindowChanged.connect(self._notice_input_of)

    def check(self) -> None:
        """All objects when nobody is at work; few new ones at any time."""
        young = gc.get_count()[0]
        if self._new_objects + young > ALL_AFTER and self._is_idle():
            self._new_objects = 0
            gc.unfreeze()
            gc.collect()
            self._set_aside()
        elif young > MOST_YOUNG:
            self._new_objects += young
            self._set_aside()
        elif young > gc.get_threshold()[0]:
            self._new_objects += young
            gc.collect(0)

    def shutdown(self) -> None:
        self._timer.stop()
        if self._has_set_aside:
            gc.unfreeze()
        if self._was_enabled:
            gc.enable()

    def _set_aside(self) -> None:
        """Takes no time, however many objects there are."""
        gc.freeze()
        self._has_set_aside = True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() in _INPUT:
            self._last_input = self._clock()
        return super().eventFilter(watched, event)

    def _notice_input_of(self, window: QWindow | None) -> None:
        """Input comes to a window first, then to its widgets: here it costs one call, not one for each."""
        if window is not None:
            window.installEventFilter(self)

    def _is_idle(self) -> bool:
        if QGuiApplication.applicationState() != Qt.ApplicationState.ApplicationActive:
            return True
        is_in_hand = QApplication.activePopupWidget() is not None or QGuiApplication.mouseButtons()
        return not is_in_hand and self._clock() - self._last_input >= IDLE_S
