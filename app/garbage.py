"""Python's cyclic garbage collector, on the main thread alone.

It runs wherever an allocation tips the balance: on the thread that hears the engine, or in the middle of Qt's walk
over all widgets. Widgets in a cycle would be destroyed there, and Qt ends the process. So it is switched off and run
from the event loop, where nothing of Qt is on the stack. Many large Qt programs in Python do the same.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

CHECK_EVERY_MS = 1000


class GarbageCollector(QObject):
    """From construction until `shutdown`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self, interval=CHECK_EVERY_MS)
        self._timer.timeout.connect(self.check)
        self._timer.start()

    def check(self) -> None:
        """Collect the oldest generation that is due; the oldest of all comes round rarely."""
        due = [count > threshold for count, threshold in zip(gc.get_count(), gc.get_threshold(), strict=True)]
        for generation in (2, 1, 0):
            if due[generation]:
                gc.collect(generation)
                return

    def shutdown(self) -> None:
        self._timer.stop()
        if self._was_enabled:
            gc.enable()
