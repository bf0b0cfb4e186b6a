from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.shell.garbage import ALL_AFTER, IDLE_S, MOST_YOUNG, GarbageCollector


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


@dataclass
class Bench:
    """A collector with a clock of ours, a window in which a person types, and what was collected."""

    collector: GarbageCollector
    edit: QLineEdit
    now: list[float]
    generations: list[int] = field(default_factory=list)

    def type(self) -> None:
        window = self.edit.windowHandle()
        assert window is not None
        QTest.keyClick(window, Qt.Key.Key_A)

    def note(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self.generations.append(info["generation"])


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    gc.collect()
    now = [0.0]
    collector = GarbageCollector(clock=lambda: now[0])
    edit = QLineEdit()
    qtbot.addWidget(edit)
    edit.show()
    edit.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWindow() is edit.windowHandle())
    bench = Bench(collector, edit, now)
    gc.callbacks.append(bench.note)
    yield bench
    gc.callbacks.remove(bench.note)
    collector.shutdown()


def test_a_long_list_is_not_searched_for_garbage_while_a_person_types(bench: Bench) -> None:
    kept = [[number] for number in range(ALL_AFTER + MOST_YOUNG)]
    freed_on: list[str] = []
    _InCycle(freed_on)
    for _ in range(5):
        bench.now[0] += IDLE_S / 2
        bench.type()
        bench.collector.check()
        kept += [[number] for number in range(MOST_YOUNG + 100)]
    assert bench.generations == [] and freed_on == []

    bench.now[0] += IDLE_S
    bench.collector.check()
    assert bench.generations == [2] and freed_on == ["MainThread"]
    bench.collector.check()
    assert bench.generations == [2], "once: nothing new has come"


def test_few_new_objects_are_looked_at_while_a_person_types(bench: Bench) -> None:
    kept = [[number] for number in range(ALL_AFTER + MOST_YOUNG)]
    bench.type()
    bench.collector.check()
    freed_on: list[str] = []
    _InCycle(freed_on)
    kept += [[number] for number in range(MOST_YOUNG // 2)]
    bench.collector.check()
    assert bench.generations == [0] and freed_on == ["MainThread"]
