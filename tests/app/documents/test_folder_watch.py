"""Folders are followed, and a drive that is away changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.documents.folder_watch import MOST_WATCHED, FolderWatch, look_at


@pytest.fixture
def watch(qtbot: QtBot) -> Iterator[FolderWatch]:
    made = FolderWatch(quiet_ms=1)
    yield made
    made.shutdown()


def test_a_new_file_in_a_subfolder_is_noticed(qtbot: QtBot, watch: FolderWatch, tmp_path: Path) -> None:
    deep = tmp_path / "letters" / "2026"
    deep.mkdir(parents=True)
    with qtbot.waitSignal(watch.folder_changed) as at_start:
        watch.set_folders([tmp_path])
    assert at_start.args == [tmp_path]
    with qtbot.waitSignal(watch.folder_changed) as changed:
        (deep / "new.txt").write_text("hello", encoding="utf-8")
    assert changed.args == [tmp_path]


def test_a_folder_that_is_away_or_suddenly_empty_is_told_and_not_read(
    qtbot: QtBot, watch: FolderWatch, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    full = tmp_path / "full"
    full.mkdir()
    (full / "a.txt").write_text("a", encoding="utf-8")
    told: dict[Path, str] = {}
    changed: list[Path] = []
    watch.reach_told.connect(told.__setitem__)
    watch.folder_changed.connect(changed.append)
    watch.set_folders([tmp_path / "gone", empty, full])
    qtbot.waitUntil(lambda: len(told) == 3)
    assert told == {tmp_path / "gone": "away", empty: "empty", full: "here"}
    assert changed == [full]


def test_only_so_many_folders_are_watched_and_each_gets_its_share(tmp_path: Path) -> None:
    for root in ("one", "two"):
        for number in range(MOST_WATCHED):
            (tmp_path / root / str(number)).mkdir(parents=True)
    looked = look_at(1, [tmp_path / "one", tmp_path / "two"])
    assert len(looked.watched) <= MOST_WATCHED
    assert {Path(name).parent.name for name in looked.watched} >= {"one", "two"}


def test_folders_among_dropped_paths_are_found(qtbot: QtBot, watch: FolderWatch, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a", encoding="utf-8")
    found: list[tuple[Path, ...]] = []
    # the last is longer than any system takes: asking for it is an error, as with a drive that is away
    watch.find_folders([tmp_path, tmp_path / "a.txt", tmp_path / "gone", tmp_path / ("n" * 5000)], found.append)
    qtbot.waitUntil(lambda: found == [(tmp_path,)])


def test_coming_back_to_the_window_looks_again_only_after_a_while(
    qtbot: QtBot, watch: FolderWatch, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("a", encoding="utf-8")
    with qtbot.waitSignal(watch.folder_changed):
        watch.set_folders([tmp_path])
    with qtbot.assertNotEmitted(watch.folder_changed, wait=50):
        watch.window_activated()
