"""Diagnostics help to find a fault, and give nothing of the person away."""

from __future__ import annotations

from pathlib import Path

from app.status.diagnostics import Diagnosis, machine_facts, without_home, write
from rag_core.host.events import PackInfo, StageCheck
from rag_core.library.records import LibraryInfo
from rag_core.messages import literal
from rag_core.settings import Settings


def test_libraries_are_counted_and_not_named() -> None:
    secret = LibraryInfo(
        "Divorce papers", Path("/data/Divorce papers"), documents=12, reason=literal("/home/x/secret.pdf")
    )
    text = write(Diagnosis(libraries=(secret,)))
    assert "12 documents" in text
    assert "Divorce" not in text and "secret" not in text


def test_the_home_folder_is_shortened(monkeypatch: object) -> None:
    home = Path("/home/anna")
    assert without_home("cannot open /home/anna/.local/x", home) == "cannot open ~/.local/x"


def test_home_is_shortened_in_everything() -> None:
    pack = PackInfo("p", "llm", "P", "MIT", "1", 1, "/x", True, literal(f"{Path.home()}/packs/p is damaged"))
    check = StageCheck("embed", "", "", "npu", literal(f"no file {Path.home()}/m.onnx"), "m")
    text = write(Diagnosis(stages=(check,), packs=(pack,), problems=(f"{Path.home()} is full",)))
    assert str(Path.home()) not in text.replace("~", "")
    assert "~/packs/p is damaged" in text


def test_what_is_not_known_is_said() -> None:
    text = write(Diagnosis(settings=None, libraries=()))
    assert "Models\n  not known" in text
    assert "Libraries\n  none" in text


def test_versions_and_settings_are_there() -> None:
    text = write(Diagnosis(machine=machine_facts(), settings=Settings(top_k=9)))
    assert "onnxruntime: " in text and "Qt: 6." in text
    assert "top_k = 9" in text
