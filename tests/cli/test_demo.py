"""`alcove demo` over fake models and a fake window: progress without a terminal, the window where there is a screen."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from models.making import PackMaker
from rag_core.cli import DONE, main
from rag_core.cli.program import Program
from rag_core.messages import NOTHING, Message, literal, say
from rag_core.progress import Progress
from tests.fakes_models import FakeModels


class FakeMaker(PackMaker):
    """Everything is there, but for what is optional."""

    def build(self, packs_dir: Path, downloads_dir: Path) -> Generator[Progress, None, tuple[Message, ...]]:
        yield Progress(say("step-download", name="a wheel"), 83_500_001, 167_000_000, "bytes")
        return (literal("There is no reader."),)


@dataclass
class FakeWindow:
    reason: Message = NOTHING
    opened: list[tuple[Path, str]] = field(default_factory=list)

    def why_not(self) -> Message:
        return self.reason

    def open(self, data_dir: Path, library: str) -> int:
        self.opened.append((data_dir, library))
        return 7


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr("rag_core.engine.Models", lambda data_dir, settings: FakeModels())
    monkeypatch.setenv("ALCOVE_DATA_DIR", str(tmp_path))
    return tmp_path


def test_where_there_is_a_screen_the_window_opens_on_the_samples(data: Path) -> None:
    window = FakeWindow()
    assert main(["demo"], Program(FakeMaker(), window)) == 7
    assert window.opened == [(data, "samples")]


def test_where_there_is_none_it_says_why_and_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    window = FakeWindow(literal("This session has no screen."))
    assert main(["demo"], Program(FakeMaker(), window)) == DONE
    said = capsys.readouterr()
    assert "This session has no screen." in said.err and "alcove ask --library samples" in said.err
    assert "There is no reader." in said.err and "office-handbook.pdf, page " in said.out
    assert main(["demo", "--window"], Program(FakeMaker(), window)) == 7


def test_the_window_stays_away_when_nobody_wants_it(capsys: pytest.CaptureFixture[str]) -> None:
    window = FakeWindow()
    assert main(["demo", "--no-window"], Program(FakeMaker(), window)) == DONE
    capsys.readouterr()
    assert main(["demo", "--json"], Program(FakeMaker(), window)) == DONE
    assert len(json.loads(capsys.readouterr().out)["answers"]) == 4
    assert not window.opened


def test_without_a_terminal_progress_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rag_core.cli.output._FIRST_LINE_S", 0.0)
    assert main(["demo"], Program(FakeMaker())) == DONE
    assert "Downloading a wheel: 84 of 167 MB\n" in capsys.readouterr().err
