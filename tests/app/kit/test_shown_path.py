from __future__ import annotations

from pathlib import Path

from app.kit.shown_path import shown_path


def test_the_home_folder_is_shortened_and_its_neighbours_are_not(tmp_path: Path) -> None:
    home = tmp_path / "ana"
    assert shown_path(home / "Contracts" / "a.pdf", home) == shown_path("~/Contracts/a.pdf".replace("/", _separator()))
    assert shown_path(home, home) == "~"
    beside = tmp_path / "anatol" / "a.pdf"
    assert shown_path(beside, home) == str(beside)


def _separator() -> str:
    return str(Path("a") / "b")[1]
