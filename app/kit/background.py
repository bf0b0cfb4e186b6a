"""Short pieces of work away from the main thread, whose results come back to it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

Result = TypeVar("Result")


class Background(QObject):
    """Each function runs on a thread of its own. It must not touch Qt and must not raise.

    A thread that waits for a drive that is away is left behind at the end; it ends with the program.
    """

    _made = Signal(object, object)  # what takes the result, and the result; emitted on the thread

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads: list[threading.Thread] = []
        self._is_closed = False
        self._made.connect(self._deliver)

    def run(self, work: Callable[[], Result], then: Callable[[Result], object]) -> None:
        """`then` is called on the main thread, with what `work` returned."""
        if self._is_closed:
            return
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=self._run, args=(work, then), name="alcove-background", daemon=True)
        self._threads.append(thread)
        thread.start()

    def shutdown(self, timeout_s: float = 1.0) -> None:
        """Nothing is delivered any more; what still runs gets a moment to end."""
        self._is_closed = True
        for thread in self._threads:
            thread.join(timeout_s)

    def _run(self, work: Callable[[], Result], then: Callable[[Result], object]) -> None:
        result = work()
        if not self._is_closed:
            self._made.emit(then, result)

    def _deliver(self, then: Callable[[object], object], result: object) -> None:
        if not self._is_closed:
            then(result)
