"""What the window remembers."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.shell.preferences import FILE, Preferences, load_preferences, save_preferences


def test_what_was_saved_is_there_at_the_next_start(tmp_path: Path) -> None:
    chosen = Preferences(
        "dark", "ja", "契約書", 12, 300, 500, True, True, '{"契約書": ["/a, b.pdf"]}', b"\x00\xffgeometry"
    )
    save_preferences(chosen, tmp_path)
    assert load_preferences(tmp_path) == chosen


def test_a_first_start_has_the_defaults(tmp_path: Path) -> None:
    assert load_preferences(tmp_path) == Preferences()


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\xff\xfe binary \x00" * 50,
        b"not an ini file at all [[[",
        b"[window]\ntheme=purple\nside_width=-3\nsource_width=nine\ngeometry=%%%\nis_in_tray=maybe\n",
        b"[window]\nside_width=99999999999999999999\nlibrary=a, b\n",
        b"[window]\nside_width=00000199999999999999\nconversation_id=1000000000000000000000\n",
    ],
)
def test_a_damaged_file_means_the_defaults(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert load_preferences(tmp_path) == Preferences()


def test_one_damaged_value_costs_no_other(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("[window]\ntheme=dark\nlanguage=klingon\n", encoding="utf-8")
    assert load_preferences(tmp_path) == Preferences(theme="dark")
