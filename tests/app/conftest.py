"""Every test of the window runs offscreen, and fails on a Qt warning or a timer left running."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication

from app import design


@pytest.fixture(autouse=True)
def window_style(qapp: QApplication) -> None:
    design.apply(qapp, "light")
