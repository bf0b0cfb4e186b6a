"""Settings survive a restart, a full disk and a damaged file."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import pytest

from rag_core.cli.opening import asked_for
from rag_core.cli.parser import add_settings
from rag_core.errors import StorageFull, UserError
from rag_core.library.library import Library
from rag_core.library.records import LibrarySettings
from rag_core.paths import DataDir
from rag_core.settings import Option, Settings, setting


def test_settings_come_back_as_they_were_saved(tmp_path: Path) -> None:
    path = tmp_path / "data" / "settings.json"
    assert Settings.load(path) == Settings()
    chosen = Settings(top_k=7, relevance_threshold=0.25, llm="日本語")
    chosen.save(path)
    assert Settings.load(path) == chosen
    assert [kept.name for kept in path.parent.iterdir()] == ["settings.json"]


def test_what_cannot_be_saved_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.json"
    Settings(top_k=7).save(path)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refuse)
        with pytest.raises(StorageFull, match="could not be saved"):
            Settings(top_k=8).save(path)
    assert Settings.load(path).top_k == 7
    assert [kept.name for kept in tmp_path.iterdir()] == ["settings.json"]


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ('{"threads": -5}', "a whole number from 1 to 1,024"),
        ('{"threads": 2.5}', "a whole number"),
        ('{"relevance_threshold": 1.5}', "a number from 0 to 1"),
        ('{"relevance_threshold": NaN}', "a number from 0 to 1"),
        (f'{{"relevance_threshold": 1{"0" * 400}}}', "a number from 0 to 1"),
        ('{"candidate_k": 0}', "a whole number from 1"),
        ('{"llm": 7}', "a text"),
    ],
)
def test_a_value_that_cannot_be_is_told_with_what_can_be(tmp_path: Path, text: str, allowed: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text)
    with pytest.raises(UserError, match=allowed) as refused:
        Settings.load(path)
    assert str(path) in str(refused.value) and refused.value.advice


def test_what_is_left_to_alcove_and_what_is_not_known_are_no_faults(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"threads": 0, "top_k": null, "colour": "blue", "relevance_threshold": 1}')
    assert Settings.load(path) == Settings(relevance_threshold=1.0)


@pytest.mark.parametrize("text", ["{", "[]", '{"top_k": "5"}', '{"top_k": true}', "\udcff"])
def test_damaged_settings_are_said_in_plain_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UserError, match=r"settings\.json"):
        Settings.load(path)


@dataclass(frozen=True, slots=True)
class PoliteSettings(Settings):
    politeness: int = setting(
        3, least=1, most=5, per_library=True, option=Option("--politeness", "N", "how polite to be", "search")
    )
    tone: str = setting("warm", choices=("warm", "dry"))


def test_a_setting_is_one_row_and_everything_else_is_made_from_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Loaded, checked, overridden by a library, and by the command line."""
    data_dir = DataDir(tmp_path)
    data_dir.settings_file.write_text('{"politeness": 4, "tone": "dry", "top_k": 7}')
    general = PoliteSettings.load(data_dir.settings_file)
    assert general == PoliteSettings(politeness=4, tone="dry", top_k=7)
    for wrong, allowed in (('{"politeness": 6}', "from 1 to 5"), ('{"tone": "rude"}', "one of: warm, dry")):
        (tmp_path / "wrong.json").write_text(wrong)
        with pytest.raises(UserError, match=allowed):
            PoliteSettings.load(tmp_path / "wrong.json")

    parser = argparse.ArgumentParser()
    parser.add_argument("--execution-provider")
    add_settings(parser, "search", PoliteSettings.rows())
    with pytest.raises(SystemExit):
        parser.parse_args(["--politeness", "0"])
    assert "--politeness: must be a whole number from 1 to 5" in capsys.readouterr().err
    said = asked_for(parser.parse_args(["--politeness", "1"]), PoliteSettings.rows())
    nothing_said = asked_for(parser.parse_args([]), PoliteSettings.rows())

    with Library(data_dir, "Work", general, nothing_said) as library, Library(data_dir, "Work", general, said) as asked:
        library.make()
        library.save_settings(LibrarySettings({"politeness": 2}))
        assert library.settings == PoliteSettings(politeness=2, tone="dry", top_k=7)
        assert asked.settings == PoliteSettings(politeness=1, tone="dry", top_k=7)
        (library.folder / "library.json").write_text('{"politeness": 9}')
        with pytest.raises(UserError, match="from 1 to 5"):
            library.load_settings()


def test_a_file_with_a_mark_before_its_text_is_read(tmp_path: Path) -> None:
    """As Windows' editors write it."""
    (tmp_path / "settings.json").write_bytes(b'\xef\xbb\xbf{"top_k": 7}')
    assert Settings.load(tmp_path / "settings.json").top_k == 7


def test_a_file_that_is_nested_without_end_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text("[" * 100_000)
    with pytest.raises(UserError):
        Settings.load(tmp_path / "settings.json")
