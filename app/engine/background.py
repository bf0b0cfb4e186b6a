"""A short piece of work away from the main thread, whose result comes back as a signal."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal


class Background(QObject):
    """Runs one function at a time on a thread of its own; `done` carries what it returned, on the main thread.

    The function must not touch Qt and must not raise.
    """

    done = Signal(object)
    _made = Signal(object)  # emitted on the thread

    def __init__(self, work: Callable[[], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._thread: threading.Thread | None = None
        self._is_wanted_again = False
        self._is_closed = False
        self._made.connect(self._finish)

    @property
    def is_running(self) -> bool:
        return self._thread is not None

    def start(self) -> None:
        """While it runs, one more run is remembered."""
        if self._is_closed:
            return
        if self._thread is not None:
            self._is_wanted_again = True
            return
        self._thread = threading.Thread(target=self._run, name="alcove-background", daemon=True)
        self._thread.start()

    def shutdown(self, timeout_s: float = 1.0) -> None:
        """Nothing is delivered any more."""
        self._is_closed = True
        if self._thread is not None:
            self._thread.join(timeout_s)
            self._thread = None

    def _run(self) -> None:
        result = self._work()
        if not self._is_closed:
            self._made.emit(result)

    def _finish(self, result: object) -> None:
        if self._is_closed:
            return
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self.done.emit(result)
        if self._is_wanted_again:
            self._is_wanted_again = False
            self.start()
