"""Every test of the window runs offscreen, fails on a Qt warning, and leaves nothing behind."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from app.kit import design


@pytest.fixture(autouse=True)
def nothing_left_behind(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[None]:
    """No window and no running timer outlives its test. Set up before everything else, so torn down after it.

    What is there before the test is frozen: the collector looks at the test's own objects alone, and is quick.
    """
    before = set(qapp.topLevelWidgets())
    gc.freeze()
    yield
    request.node.funcargs.clear()  # pytest would keep them until after this
    _let_go()
    windows = [_told(widget) for widget in qapp.topLevelWidgets() if widget not in before]
    timers = [_told(timer) for timer in gc.get_objects() if isinstance(timer, QTimer) and _is_running(timer)]
    assert not windows, f"windows still there: {windows}"
    assert not timers, f"timers still running: {timers}"


@pytest.fixture(autouse=True)
def window_style(nothing_left_behind: None, qapp: QApplication) -> None:
    design.apply(qapp, "light")


def _let_go() -> None:
    """What nobody holds any more is gone; what waits to be deleted is deleted."""
    for _ in range(2):  # what is deleted lets go of others
        gc.collect()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _is_running(timer: QTimer) -> bool:
    return isValid(timer) and timer.isActive()


def _told(thing: QObject) -> str:
    """Enough to find it."""
    chain = [type(thing).__name__]
    parent = thing.parent() if isValid(thing) else None
    while parent is not None:
        chain.append(type(parent).__name__)
        parent = parent.parent()
    return " of ".join(chain)
