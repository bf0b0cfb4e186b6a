"""`alcove packs` over what was compiled for NPUs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from models.making import PackMaker
from rag_core import cli
from rag_core.cli import DONE, FAILED, MISUSED
from rag_core.cli.program import Program
from rag_core.messages import literal
from rag_core.paths import DataDir
from rag_core.progress import Progress
from rag_core.runtime.devices import Inventory
from rag_core.runtime.npu.compiled import COMPILED, ContextStamp, context_folder
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.npu.targets import Target, target_named
from rag_core.runtime.pack import Manifest, Pack, new_pack, open_pack, write_manifest
from rag_core.runtime.plugins import Plugin
from tests.models.tiny_static import tiny_static

CHIP = target_named("snapdragon-x-elite")


def main(arguments: list[str]) -> int:
    return cli.main(arguments, Program(PackMaker()))


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataDir:
    """One pack, and a compiler that is never started."""
    monkeypatch.setenv("ALCOVE_DATA_DIR", str(tmp_path))
    installed = Plugin("QNNExecutionProvider", "json", "json", "The NPU's runtime")
    monkeypatch.setattr("models.npu.preparing.plugin_of", lambda provider: installed)
    monkeypatch.setattr("models.npu.state.expected_stamp", _stamp_of)
    tiny_static(DataDir(tmp_path).packs, (1,))
    return DataDir(tmp_path)


def _stamp_of(source: Pack, target: Target, recipe: str) -> ContextStamp:
    return ContextStamp(source.sha256, target.id, target.soc_model, target.htp_arch, "2.51.0", "2.7.0", recipe)


def compiled(data_dir: DataDir, source: str) -> Path:
    """What the compiler would have left, of the build `source` of the pack."""
    folder = context_folder(data_dir.contexts, "tiny", CHIP)
    folder.parent.mkdir(parents=True)
    stamp = ContextStamp(source, CHIP.id, CHIP.soc_model, CHIP.htp_arch, "v2.51.0.1", "2.7.0", RECIPE)
    with new_pack(folder.parent, folder.name) as partial:
        (partial / "rows-1.bin").write_bytes(b"context")
        write_manifest(partial, Manifest("tiny", "embedder", "Tiny", "MIT", "1", (), (), {COMPILED: asdict(stamp)}))
    return folder


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    document = json.loads(capsys.readouterr().out)
    assert document["version"] == 1
    return document


def test_without_the_compiler_it_says_what_to_install(
    data_dir: DataDir, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = Plugin("QNNExecutionProvider", "no_such_module", "onnxruntime-qnn", "The NPU's runtime")
    monkeypatch.setattr("models.npu.preparing.plugin_of", lambda provider: absent)
    assert main(["packs", "compile"]) == FAILED
    assert 'pip install "alcove[npu]"' in capsys.readouterr().err


def test_the_chip_has_to_be_known(
    data_dir: DataDir, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["packs", "compile", "--target", "abacus", "tiny"]) == FAILED
    assert "“abacus”" in capsys.readouterr().err
    monkeypatch.setattr("rag_core.runtime.devices.list_devices", lambda: Inventory((), (literal("No NPU here."),)))
    assert main(["packs", "compile"]) == FAILED
    error = capsys.readouterr().err
    assert "No NPU here." in error and "--target" in error and CHIP.id in error


def test_what_was_compiled_is_listed_and_verified(data_dir: DataDir, capsys: pytest.CaptureFixture[str]) -> None:
    binary = compiled(data_dir, "0" * 64) / "rows-1.bin"
    assert main(["packs", "list", "--json"]) == DONE
    (listed,) = said(capsys)["contexts"]
    assert (listed["pack"], listed["target"], listed["bytes"]) == ("tiny", CHIP.id, 7)
    assert "another build" in listed["reason"] and not listed["damaged"]
    assert main(["packs", "--json", "verify"]) == DONE  # out of date is no damage
    assert said(capsys)["problems"] == {}
    binary.write_bytes(b"Context")
    assert main(["packs", "verify", "--json"]) == FAILED
    assert list(said(capsys)["problems"]) == [f"tiny for {CHIP.id}"]


def test_one_that_fails_is_told_and_what_is_ready_is_left_alone(
    data_dir: DataDir, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tiny_static(data_dir.packs, (1,))
    compiled(data_dir, source.sha256)
    monkeypatch.setattr("rag_core.process.children.child_command", lambda kind: ["must-not-be-started"])
    assert main(["packs", "compile", "--target", CHIP.id, "--json"]) == DONE
    assert said(capsys)["contexts"][0]["reason"] == ""
    assert main(["packs", "compile", "--target", CHIP.id, "absent"]) == FAILED
    assert "“absent”" in capsys.readouterr().err


def test_what_is_ready_is_compiled_again_only_when_that_is_wanted(
    data_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled_packs: list[str] = []

    def compile_pack(source: Pack, contexts_dir: Path, target: Target) -> Iterator[Progress]:
        compiled_packs.append(source.id)
        yield from ()

    monkeypatch.setattr("models.npu.preparing.compile_pack", compile_pack)
    compiled(data_dir, open_pack(data_dir.packs / "tiny").sha256)
    assert main(["packs", "compile", "--target", CHIP.id]) == DONE and compiled_packs == []
    assert main(["packs", "compile", "--target", CHIP.id, "--again"]) == DONE and compiled_packs == ["tiny"]


def test_without_recipes_what_is_there_is_listed_and_nothing_is_made(
    data_dir: DataDir, capsys: pytest.CaptureFixture[str]
) -> None:
    compiled(data_dir, "0" * 64)
    assert cli.main(["packs", "list"]) == cli.main(["packs", "verify"]) == DONE
    assert "tiny" in capsys.readouterr().out
    for action in ("build", "compile", "import"):
        assert cli.main(["packs", action]) == FAILED
        assert "cannot make packs" in capsys.readouterr().err


def test_packs_needs_an_action() -> None:
    with pytest.raises(SystemExit) as end:
        main(["packs"])
    assert end.value.code == MISUSED
