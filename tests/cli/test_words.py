"""The command line speaks the person's language, in its own words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag_core.cli import DONE, FAILED, main
from rag_core.cli.words import in_words, language
from rag_core.messages import say


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "ALCOVE_LANGUAGE": "ja"}, "ja"),
        ({"LANG": "tlh_QO.UTF-8"}, "en"),
    ],
)
def test_the_language_is_that_of_the_person(
    environment: dict[str, str], spoken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ALCOVE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language() == spoken


def test_what_it_says_and_its_json_are_in_that_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ALCOVE_LANGUAGE", "ja")
    (tmp_path / "packs" / "broken").mkdir(parents=True)
    (tmp_path / "packs" / "broken" / "manifest.json").write_text("{")
    rest = ["--data-dir", str(tmp_path)]
    assert main(["packs", "list", *rest]) == DONE
    assert "モデルがまだありません" in capsys.readouterr().out
    assert main(["packs", "compile", *rest]) == FAILED
    assert "モデルの作り方" in capsys.readouterr().err
    assert main(["packs", "verify", "--json", *rest]) == FAILED
    assert list(json.loads(capsys.readouterr().out)["problems"]) == ["broken"]


def test_what_the_command_line_alone_says_names_its_commands() -> None:
    assert "alcove doctor" in in_words(say("check-this-computer"))
    assert "alcove doctor" not in str(say("check-this-computer"))
