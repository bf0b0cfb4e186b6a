"""Our own mistakes are written down, told once, and end nothing."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import qWarning
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.shell.crash import LOG, CrashReporter, Mistake, show_mistake


@pytest.fixture
def reporter(tmp_path: Path) -> Iterator[CrashReporter]:
    made = CrashReporter(tmp_path)
    made.install()
    yield made
    made.shutdown()


def _raise(words: str) -> None:
    raise ValueError(words)


def _mistake_in_main_thread() -> None:
    try:
        _raise("SECRET words of a document")
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)


def test_a_report_holds_no_words_of_documents(reporter: CrashReporter, tmp_path: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(reporter.happened) as happened:
        _mistake_in_main_thread()
    assert happened.args is not None
    mistake: Mistake = happened.args[0]
    assert mistake.report is not None
    written = mistake.report.read_text(encoding="utf-8")
    assert "ValueError" in written and "_raise" in written and "test_crash.py" in written
    assert "SECRET" not in written + mistake.details


def test_the_same_mistake_is_told_once(reporter: CrashReporter, qtbot: QtBot) -> None:
    told: list[Mistake] = []
    reporter.happened.connect(told.append)
    for _ in range(5):
        _mistake_in_main_thread()
    qtbot.waitUntil(lambda: len(told) == 1)
    qtbot.wait(1)
    assert len(told) == 1


def test_a_mistake_in_a_thread_is_caught(reporter: CrashReporter, qtbot: QtBot) -> None:
    thread = threading.Thread(target=lambda: _raise("in a thread"))
    with qtbot.waitSignal(reporter.happened):
        thread.start()
    thread.join()


def test_a_folder_that_cannot_be_written_hides_no_mistake(tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "reports").write_text("a file in the way", encoding="utf-8")
    reporter = CrashReporter(tmp_path)
    reporter.install()
    with qtbot.waitSignal(reporter.happened) as happened:
        _mistake_in_main_thread()
    reporter.shutdown()
    assert happened.args is not None and happened.args[0].report is None


def test_what_qt_says_goes_to_a_file(reporter: CrashReporter, tmp_path: Path) -> None:
    qWarning("a word from Qt")
    assert "a word from Qt" in (tmp_path / LOG).read_text(encoding="utf-8")


def test_the_person_can_copy_the_details_and_go_on(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    box = show_mistake(Mistake("ValueError", None, "where it happened"), window)
    assert not box.isModal()
    next(button for button in box.findChildren(QPushButton) if button.text() == "Copy details").click()
    assert QGuiApplication.clipboard().text() == "where it happened"
    box.close()
