"""Every test of the window runs offscreen, and fails on a Qt warning or a timer left running."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from app import design


@pytest.fixture(autouse=True)
def window_style(qapp: QApplication) -> None:
    # Closed widgets of earlier tests wait for an event loop: a new style would be worked out for all of them as well.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    design.apply(qapp, "light")
