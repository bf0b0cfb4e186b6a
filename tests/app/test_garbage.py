from __future__ import annotations

import gc
import threading

from PySide6.QtWidgets import QApplication, QWidget

from app.garbage import GarbageCollector


class _InCycle(QWidget):
    """A widget that only the cyclic collector can free; notes the thread that does."""

    freed_on: list[str]

    def __init__(self, freed_on: list[str]) -> None:
        super().__init__()
        self.itself = self
        self.freed_on = freed_on

    def __del__(self) -> None:
        self.freed_on.append(threading.current_thread().name)


def test_widgets_are_never_freed_by_another_thread(qapp: QApplication) -> None:
    gc.collect()
    collector = GarbageCollector()
    freed_on: list[str] = []
    for _ in range(20):
        _InCycle(freed_on)

    def allocate() -> None:
        kept = [[] for _ in range(100_000)]  # type: ignore[var-annotated]  # only their number matters
        assert kept

    thread = threading.Thread(target=allocate)
    thread.start()
    thread.join()
    assert freed_on == []
    collector.check()
    gc.collect()
    assert freed_on == ["MainThread"] * 20
    collector.shutdown()
    assert gc.isenabled()
