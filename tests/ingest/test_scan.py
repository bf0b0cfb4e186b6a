from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from rag_core.ingest import scan as scanning
from rag_core.ingest.scan import Changes, Scan, Stamp, compare
from rag_core.progress import run_to_end

SUFFIXES = {".txt", ".md"}


def scan(paths: list[Path], suffixes: set[str]) -> Scan:
    return run_to_end(scanning.scan(paths, suffixes))


def stamps(found: Scan) -> dict[str, Stamp]:
    return {file.path: file.stamp for file in found.files}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.md").write_text("b")
    return tmp_path


def names(found: Scan) -> list[str]:
    return [Path(file.path).name for file in found.files]


def test_folders_are_expanded_and_what_is_not_read_is_listed(folder: Path) -> None:
    (folder / "film.mp4").write_bytes(b"x")
    (folder / ".hidden.txt").write_text("x")
    (folder / "~$lock.txt").write_text("x")
    found = scan([folder], SUFFIXES)
    assert names(found) == ["a.txt", "b.md"]
    assert [Path(s.path).name for s in found.skipped] == ["film.mp4"]
    assert ".mp4" in str(found.skipped[0].reason)


def test_a_file_that_is_named_is_read_whatever_its_ending(folder: Path) -> None:
    (folder / "notes").write_text("x")
    assert names(scan([folder / "notes"], SUFFIXES)) == ["notes"]


def test_a_missing_path_is_listed_and_the_rest_is_read(folder: Path) -> None:
    found = scan([folder / "nothing", folder], SUFFIXES)
    assert len(found.files) == 2
    assert "nothing of that name" in str(found.skipped[0].reason)


def test_added_changed_and_removed_are_told_apart(folder: Path) -> None:
    known = stamps(scan([folder], SUFFIXES))
    (folder / "a.txt").write_text("changed")
    (folder / "sub" / "b.md").unlink()
    (folder / "c.txt").write_text("new")
    changes = compare(scan([folder], SUFFIXES), known)
    assert [Path(f.path).name for f in changes.changed] == ["a.txt"]
    assert [Path(f.path).name for f in changes.added] == ["c.txt"]
    assert [Path(p).name for p in changes.removed] == ["b.md"]


def test_an_unchanged_folder_is_no_work(folder: Path) -> None:
    found = scan([folder], SUFFIXES)
    assert compare(found, stamps(found)) == Changes((), (), (), 2)


def test_a_folder_that_has_vanished_removes_nothing(folder: Path) -> None:
    known = stamps(scan([folder], SUFFIXES))
    assert compare(scan([folder / "gone"], SUFFIXES), known).removed == ()


def test_files_elsewhere_are_not_removed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    assert compare(scan([other], SUFFIXES), stamps(scan([folder], SUFFIXES))).removed == ()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_link_loop_ends(folder: Path) -> None:
    (folder / "sub" / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "dangling.txt").symlink_to(folder / "nowhere.txt")
    found = scan([folder], SUFFIXES)
    assert names(found) == ["a.txt", "b.md"]
    assert "dangling.txt" in found.skipped[0].path


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_link_to_what_is_above_does_not_bring_it_in(folder: Path) -> None:
    beside = folder.parent / "private"
    beside.mkdir()
    (beside / "diary.txt").write_text("Nobody gave this.", encoding="utf-8")
    (folder / "up").symlink_to(folder.parent, target_is_directory=True)
    found = scan([folder], SUFFIXES)
    assert not [file.path for file in found.files if "diary" in file.path]
    assert [problem.path for problem in found.skipped if "not followed" in str(problem.reason)] == [str(folder / "up")]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_not_text_is_listed(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/bad\xff.txt")).write_text("x")
    found = scan([folder], SUFFIXES)
    assert names(found) == ["a.txt", "b.md"]
    assert "Rename it" in str(found.skipped[0].reason)
