"""One window per data folder."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.shell.single_instance import LOCK, REQUESTS, SingleInstance


def test_a_second_start_raises_the_first_window(tmp_path: Path, qtbot: QtBot) -> None:
    first, second = SingleInstance(tmp_path), SingleInstance(tmp_path)
    first.watch()
    assert first.is_first and not second.is_first
    taken: list[bool] = []
    asking = threading.Thread(target=lambda: taken.append(second.ask_first_to_show(timeout_s=20)))
    with qtbot.waitSignal(first.raise_requested):
        asking.start()
    asking.join()
    assert taken == [True]
    first.shutdown()


def test_a_first_window_that_does_not_answer_is_told(tmp_path: Path) -> None:
    first, second = SingleInstance(tmp_path), SingleInstance(tmp_path)
    assert not second.ask_first_to_show(timeout_s=0)
    assert list((tmp_path / REQUESTS).iterdir()) == []
    first.shutdown()


def test_the_next_start_is_first_again_after_the_end(tmp_path: Path) -> None:
    SingleInstance(tmp_path).shutdown()
    first = SingleInstance(tmp_path)
    first.shutdown()
    again = SingleInstance(tmp_path)
    assert again.is_first
    again.shutdown()


def test_the_lock_of_a_window_that_was_killed_holds_nobody_up(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from app.shell.single_instance import SingleInstance; "
        "instance = SingleInstance(Path(sys.argv[1])); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert (tmp_path / LOCK).exists()
    again = SingleInstance(tmp_path)
    assert again.is_first
    again.shutdown()


def test_an_old_request_raises_nothing(tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / REQUESTS).mkdir()
    (tmp_path / REQUESTS / "4711").touch()
    first = SingleInstance(tmp_path)
    with qtbot.assertNotEmitted(first.raise_requested):
        first.watch()
    first.shutdown()


def test_a_data_folder_that_goes_away_is_survived(tmp_path: Path, qtbot: QtBot) -> None:
    first = SingleInstance(tmp_path)
    first.watch()
    with qtbot.captureExceptions() as mistakes, qtbot.assertNotEmitted(first.raise_requested, wait=100):
        (tmp_path / REQUESTS).rmdir()
    assert mistakes == []
    first.shutdown()
