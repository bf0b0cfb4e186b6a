"""The whole window: opened, wired, switched, and closed by one path with nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.shell.application import Application, engine_process
from app.shell.preferences import Preferences, load_preferences, save_preferences
from app.shell.single_instance import SingleInstance
from rag_core.host.events import Event, Finished
from rag_core.host.jobs import Job, ListLibraries, ListPacks
from rag_core.library.records import LibraryInfo
from rag_core.paths import DataDir
from tests.app.engine.test_engine_client import FakeProcess
from tests.source_code import ROOT


class Started:
    """An application over a process that answers what the test gives it."""

    def __init__(self, folder: Path) -> None:
        self.processes: list[FakeProcess] = []
        self.window_was_there: list[bool] = []
        self.folder = folder
        instance = SingleInstance(folder)
        assert instance.is_first
        self.application = Application(DataDir(folder), "", self._make, instance)
        self.window = self.application.window

    def _make(self, on_event: Callable[[Event], None], on_exit: Callable[[int], None]) -> FakeProcess:
        self.processes.append(FakeProcess(on_event, on_exit))
        self.window_was_there.append(self.window.isVisible())
        return self.processes[-1]

    def answer(self, kind: type[Job], value: object) -> None:
        process = self.processes[-1]
        for job_id, job in process.submitted.items():
            if isinstance(job, kind):
                process.on_event(Event(job_id, Finished(value)))


@pytest.fixture
def started(tmp_path: Path, qtbot: QtBot) -> Started:
    made = Started(tmp_path)
    qtbot.addWidget(made.window, before_close_func=lambda _: made.application.shutdown())
    made.application.open()
    return made


def test_the_window_stands_before_the_engine_is_started(started: Started, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: started.window_was_there == [True])


def test_closing_remembers_and_ends_everything(started: Started, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: len(started.processes) == 1)
    started.answer(ListLibraries, (LibraryInfo("Contracts", started.folder, documents=3),))
    qtbot.waitUntil(lambda: started.window.windowTitle() == "Contracts – Alcove")
    started.window.toggle_side()
    started.application.shutdown()
    assert started.processes[0].is_closed and not started.window.isVisible()
    remembered = load_preferences(started.folder)
    assert remembered.library == "Contracts" and remembered.is_side_collapsed
    again = SingleInstance(started.folder)
    assert again.is_first
    again.shutdown()


def test_a_first_start_shows_the_start_page_and_a_later_one_the_conversation(started: Started, qtbot: QtBot) -> None:
    assert started.window.page == "start"
    qtbot.waitUntil(lambda: len(started.processes) == 1)
    started.answer(ListPacks, ())
    started.answer(ListLibraries, ())
    qtbot.waitUntil(lambda: started.application.wiring.setup.controller.model.state == "missing")
    assert started.window.page == "start"


def test_the_last_library_and_conversation_are_there_again(tmp_path: Path, qtbot: QtBot) -> None:
    save_preferences(Preferences(library="Contracts", conversation_id=7), tmp_path)
    started = Started(tmp_path)
    qtbot.addWidget(started.window)
    started.application.open()
    assert started.window.page == "conversation"
    qtbot.waitUntil(lambda: len(started.processes) == 1)
    started.answer(ListLibraries, (LibraryInfo("Contracts", tmp_path, documents=3),))
    place = started.application.wiring.conversation.questions.model.place
    qtbot.waitUntil(lambda: started.application.wiring.conversation.questions.model.place.conversation_id == 7)
    assert place is not started.application.wiring.conversation.questions.model.place
    started.application.shutdown()


def test_theme_and_language_switch_at_once_and_no_widget_is_lost_meanwhile(started: Started) -> None:
    """Qt goes through a list of all widgets while it applies a style: one that is deleted then ends the program."""
    deleted: list[str] = []
    for widget in QApplication.allWidgets():
        for thing in (widget, *widget.findChildren(QObject)):
            thing.destroyed.connect(lambda _=None, name=f"{thing!r}": deleted.append(name))
    for theme in ("dark", "light"):
        started.application.change_preferences({"theme": theme})
    assert deleted == []
    started.application.change_preferences({"language": "ja"})
    assert load_preferences(started.folder).language == "ja"
    started.application.change_preferences({"language": "en"})


def test_every_action_of_the_window_does_something_without_an_engine(started: Started, qtbot: QtBot) -> None:
    for name, action in started.window.actions_by_name.items():
        if name != "quit":
            action.trigger()
    for dialog in QApplication.topLevelWidgets():
        if dialog is not started.window:
            dialog.close()


@pytest.mark.e2e
def test_a_real_start_ends_politely_and_leaves_no_process(tmp_path: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "app", "--data-dir", str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    process = psutil.Process(program.pid)
    _wait_for(lambda: bool(process.children()))
    children = process.children(recursive=True)
    second = subprocess.run([sys.executable, "-m", "app", "--data-dir", str(tmp_path)], cwd=ROOT, check=False)
    assert second.returncode == 0
    program.send_signal(signal.SIGTERM)
    assert program.wait(timeout=10) == 0
    assert not any(child.is_running() for child in children)
    assert (tmp_path / "window.ini").exists()


@pytest.mark.e2e
def test_an_engine_that_is_killed_comes_back_by_itself(tmp_path: Path, qtbot: QtBot) -> None:
    application = Application(DataDir(tmp_path), "", engine_process(DataDir(tmp_path)), SingleInstance(tmp_path))
    qtbot.addWidget(application.window)
    application.open()
    with qtbot.waitSignal(application.wiring.libraries.controller.loaded, timeout=20_000):
        pass
    child = psutil.Process().children()[-1]
    with qtbot.waitSignal(application.wiring.libraries.controller.loaded, timeout=20_000):
        child.kill()
    notice = application.window.notices.notice
    assert notice is not None and "started again" in notice.text
    application.shutdown()


def _wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)
