"""Ctrl-C, and a polite end from outside, take the same path as closing the window."""

from __future__ import annotations

import os
import signal
import sys

from PySide6.QtCore import QObject, QSocketNotifier, Signal


class Console(QObject):
    """`end_requested` on the main thread; Python alone would hear the signal only when Qt next calls it."""

    end_requested = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pipe: tuple[int, int] | None = None
        if sys.platform == "win32":
            return  # a window's process gets no such signals there
        self._pipe = reading, writing = os.pipe()
        os.set_blocking(writing, False)
        self._wakeup_before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        self._handlers_before = {
            number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)
        }
        self._notifier = QSocketNotifier(reading, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_signal)

    def shutdown(self) -> None:
        if self._pipe is None:
            return
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._wakeup_before)
        for number, handler in self._handlers_before.items():
            signal.signal(number, handler)
        for descriptor in self._pipe:
            os.close(descriptor)
        self._pipe = None

    def _on_signal(self) -> None:
        if self._pipe is not None:
            os.read(self._pipe[0], 64)
            self.end_requested.emit()
