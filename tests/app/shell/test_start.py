"""Starting: which of the two programs it is, and what keeps a window from opening."""

from __future__ import annotations

import errno
import importlib.metadata
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from app.__main__ import main, wants_window
from app.shell.early import missing_display, missing_library, missing_qt, open_window, unwritable
from tests.source_code import ROOT
from tests.test_architecture import loaded_modules


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([], True),
        (["--data-dir", "x"], True),
        (["--library=Contracts", "--data-dir=x"], True),
        (["--help"], False),
        (["--version"], False),
        (["list", "--data-dir", "x"], False),
        (["--data-dir"], False),
        (["--data-dir", "--help"], False),
        (["--window"], False),
    ],
)
def test_only_the_windows_own_options_open_the_window(arguments: list[str], wanted: bool) -> None:
    assert wants_window(arguments) is wanted


def test_a_command_loads_nothing_of_the_window() -> None:
    loaded = loaded_modules("from app.__main__ import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass")
    assert not loaded.intersection({"PySide6", "shiboken6", "app.shell.application", "app.shell.early"})


def test_the_window_loads_no_model_runtime_and_no_engine() -> None:
    loaded = loaded_modules("import app.shell.application")
    assert not loaded.intersection({"onnxruntime", "onnxruntime_genai", "faiss", "numpy", "sqlcipher3"})
    assert "rag_core.engine" not in loaded


def test_the_help_names_the_window(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "opens the window" in capsys.readouterr().out


def test_a_linux_without_a_screen_is_told_of_the_command_line() -> None:
    refusal = missing_display({}, "linux")
    assert refusal is not None and "alcove --help" in str(refusal.advice)
    assert missing_display({"WAYLAND_DISPLAY": "wayland-0"}, "linux") is None
    assert missing_display({}, "win32") is None


def test_a_library_that_qt_would_die_without_is_named() -> None:
    nobody = {"libnobody-has-this.so.9": "libnobody9"}
    refusal = missing_library({"DISPLAY": ":0"}, "linux", nobody)
    assert (
        refusal is not None
        and "libnobody-has-this.so.9" in str(refusal.message)
        and "libnobody9" in str(refusal.advice)
    )
    assert missing_library({"DISPLAY": ":0"}, "linux", {"libc.so.6": "libc6"}) is None
    assert missing_library({"DISPLAY": ":0", "WAYLAND_DISPLAY": "w"}, "linux", nobody) is None
    assert missing_library({"QT_QPA_PLATFORM": "offscreen"}, "linux", nobody) is None
    assert missing_library({}, "darwin", nobody) is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "data"
    in_the_way.write_text("a file", encoding="utf-8")
    refusal = unwritable(in_the_way)
    assert refusal is not None
    assert str(in_the_way) in str(refusal.message) and "--data-dir" in str(refusal.advice)


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("app.shell.early.os.write", refuse)
    refusal = unwritable(tmp_path)
    assert refusal is not None
    assert "No space left" in str(refusal.message) and "Free some space" in str(refusal.advice)
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_is_said_on_the_console_with_the_right_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    in_the_way = tmp_path / "data"
    in_the_way.write_text("a file", encoding="utf-8")
    assert open_window(["--data-dir", str(in_the_way)]) == 1
    assert str(in_the_way) in capsys.readouterr().err


def test_a_missing_or_wrong_qt_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "6.12.0")
    refusal = missing_qt()
    assert refusal is not None and "6.12.0" in str(refusal.message)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    refusal = missing_qt()
    assert refusal is not None and "not installed" in str(refusal.message)


@pytest.mark.e2e
def test_without_a_screen_the_program_ends_with_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", "--data-dir", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": ""},
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 2)
