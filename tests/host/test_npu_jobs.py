"""Preparing models for the NPU as a job of the engine: the thread stays free, and what the window is told is true."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from rag_core.errors import UserError
from rag_core.host import jobs
from rag_core.host.events import NpuState, Stopped
from rag_core.messages import Message, literal, say
from rag_core.paths import DataDir
from rag_core.progress import Progress
from rag_core.runtime.devices import Inventory
from rag_core.runtime.npu.compiled import COMPILED, ContextStamp, context_folder
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.npu.targets import EMULATOR, Target, target_named
from rag_core.runtime.pack import Manifest, Pack, open_pack, write_manifest
from rag_core.runtime.plugins import Plugin
from rag_core.settings import Settings
from rag_core.stages import EMBED
from tests.fakes_models import FakeModels
from tests.host.talk import host
from tests.models.tiny_static import tiny_static

CHIP = target_named("snapdragon-x-elite")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with one pack, on a machine with the NPU that `CHIP` is."""
    tiny_static(DataDir(tmp_path).packs, (1,))
    installed = Plugin("QNNExecutionProvider", "json", "json", "The NPU's runtime")
    monkeypatch.setattr("models.npu.preparing.plugin_of", lambda provider: installed)
    for module in ("state", "refusals"):
        monkeypatch.setattr(f"models.npu.{module}.expected_stamp", _stamp_of)
    _on_machine_with(CHIP, monkeypatch)
    return tmp_path


def _stamp_of(source: Pack, target: Target, recipe: str) -> ContextStamp:
    return ContextStamp(source.sha256, target.id, target.soc_model, target.htp_arch, "2.51.0", "2.7.0", recipe)


def _on_machine_with(target: Target | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("host.packs", "pack_making"):
        monkeypatch.setattr(f"rag_core.{module}.list_devices", lambda: Inventory((), (literal("No NPU."),)))
        monkeypatch.setattr(f"rag_core.{module}.this_target", lambda inventory: target)


def let_the_child(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr("rag_core.process.children.child_command", lambda kind: [sys.executable, "-c", code])


def test_what_is_not_prepared_is_told_in_plain_words(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with host(data) as talk:
        missing = talk.do(jobs.CheckNpu())
        _on_machine_with(EMULATOR, monkeypatch)
        emulated = talk.do(jobs.CheckNpu())
        _on_machine_with(None, monkeypatch)
        none = talk.do(jobs.CheckNpu())
    reason = say("not-prepared-yet", title="Tiny", chip="Snapdragon X Elite")
    assert missing == NpuState(CHIP.title, missing=("Tiny",), reason=reason, can_prepare=True)
    assert isinstance(emulated, NpuState) and emulated.emulated
    assert none == NpuState(reason=literal("No NPU."))


def test_what_a_stage_could_not_use_is_looked_at_byte_by_byte(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_pack(DataDir(data).packs / "tiny")
    folder = context_folder(DataDir(data).contexts, source.id, CHIP)
    folder.mkdir(parents=True)
    binary = folder / "rows-1.bin"
    binary.write_bytes(b"context")
    spec = {COMPILED: asdict(_stamp_of(source, CHIP, RECIPE))}
    write_manifest(folder, Manifest(source.id, "embedder", "Tiny", "MIT", "1", (), (), spec))
    binary.write_bytes(b"Context")  # as long as before
    models = FakeModels()
    with host(data, models) as talk:
        assert talk.do(jobs.CheckNpu()) == NpuState(CHIP.title)
        models[EMBED].has_failed = True
        state = talk.do(jobs.CheckNpu())
    assert isinstance(state, NpuState) and state.can_prepare and "rows-1.bin" in str(state.reason)


def test_the_reader_is_among_what_is_prepared_for_the_npu(data: Path) -> None:
    pack = tiny_static(DataDir(data).packs, (1,), pack_id="reading")
    write_manifest(pack.root, replace(pack.manifest, role="reader"))
    with host(data) as talk:
        state = talk.do(jobs.CheckNpu())
    assert isinstance(state, NpuState) and state.missing == ("Tiny", "Reading")


def test_nothing_is_to_be_prepared_without_models_or_for_an_npu_that_is_not_wanted(
    data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with host(tmp_path_factory.mktemp("empty")) as talk:
        assert talk.do(jobs.CheckNpu()) == NpuState()
    with host(data) as talk:
        talk.do(jobs.SaveSettings(Settings(execution_provider="cpu")))
        assert talk.do(jobs.CheckNpu()) == NpuState()


def test_while_the_compiler_works_the_engine_has_time_for_others_and_can_stop_it(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_the_child(monkeypatch, "import time; time.sleep(600)")
    with host(data) as talk:
        preparing = talk.start(jobs.PrepareNpu())
        talk.until(lambda: talk.of(preparing, Progress))
        assert talk.do(jobs.CheckNpu())  # as housekeeping, which gives way to every question
        assert not talk.endings(preparing)
        talk.cancel(preparing)
        assert isinstance(talk.ending(preparing), Stopped)


@pytest.mark.skipif(sys.platform == "win32", reason="a process ends itself otherwise there")
def test_a_compiler_that_crashes_is_told_once_and_not_tried_again(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let_the_child(monkeypatch, "import os; os.kill(os.getpid(), 11)")
    with host(data) as talk:
        failure = talk.failure(talk.start(jobs.PrepareNpu()))
        assert failure.kind == "user" and "stopped unexpectedly" in str(failure.message)
        state = talk.do(jobs.CheckNpu())
        assert isinstance(state, NpuState) and state.missing == ("Tiny",)
        assert not state.can_prepare and "stopped unexpectedly" in str(state.reason)
        assert talk.do(jobs.PrepareNpu()) == state


def test_building_goes_on_with_compiling_where_there_is_a_real_npu(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[list[str], str]] = []

    def compile_packs(
        packs: Sequence[Pack], contexts_dir: Path, target: Target
    ) -> Generator[Progress, None, dict[str, UserError]]:
        yield from ()
        seen.append(([pack.id for pack in packs], target.id))
        return {"tiny": UserError("Refused.")}  # which `CheckNpu` tells: the packs are there

    def build_packs(packs_dir: Path, downloads_dir: Path) -> Generator[Progress, None, tuple[Message, ...]]:
        yield from ()
        return (literal("It is done without."),)

    monkeypatch.setattr("models.recipes.build.build_packs", build_packs)
    monkeypatch.setattr("models.npu.preparing.compile_packs", compile_packs)
    with host(data) as talk:
        assert talk.do(jobs.PreparePacks()) == (literal("It is done without."),)
        for target in (EMULATOR, None):  # an emulated one is for those who ask for it
            _on_machine_with(target, monkeypatch)
            talk.do(jobs.PreparePacks())
    assert seen == [(["tiny"], CHIP.id)]
