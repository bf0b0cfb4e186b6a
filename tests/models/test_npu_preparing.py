"""Preparing packs for the NPU, without its compiler: a stand-in takes the place of the child process."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from models.npu.plan import Needs, plan_for
from models.npu.preparing import compile_pack, compile_packs
from models.npu.state import state_of
from rag_core.errors import MemoryDenied, StorageFull, UserError
from rag_core.pack_making import PackState
from rag_core.progress import Progress, run_to_end
from rag_core.runtime.npu.compiled import COMPILED, ContextStamp, context_folder
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.npu.targets import EMULATOR, Target, target_named
from rag_core.runtime.pack import MANIFEST, Manifest, Pack, new_pack, open_pack, write_manifest
from rag_core.runtime.plugins import Plugin
from tests.models.tiny_static import tiny_static

CHIP = target_named("snapdragon-x-elite")
HALF_MADE = "import pathlib, sys; f = pathlib.Path({!r}); f.mkdir(parents=True); (f / 'x.bin').write_bytes(b'x')\n"


def stamp_of(source: Pack, target: Target, recipe: str = RECIPE) -> ContextStamp:
    """What is expected on the machine of these tests."""
    return ContextStamp(source.sha256, target.id, target.soc_model, target.htp_arch, "2.51.0", "2.7.0", recipe)


@pytest.fixture(autouse=True)
def compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed, so to say."""
    installed = Plugin("QNNExecutionProvider", "json", "json", "The NPU's runtime")
    monkeypatch.setattr("models.npu.preparing.plugin_of", lambda provider: installed)
    for module in ("state", "refusals"):
        monkeypatch.setattr(f"models.npu.{module}.expected_stamp", stamp_of)


@pytest.fixture
def source(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return tiny_static(tmp_path_factory.mktemp("packs"), (1,))


def let_the_child(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr("rag_core.process.children.child_command", lambda kind: [sys.executable, "-c", code])


def compiled(source: Pack, contexts: Path, stamp: ContextStamp) -> Path:
    """As the compiler would have left it."""
    folder = context_folder(contexts, source.id, CHIP)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with new_pack(folder.parent, folder.name) as partial:
        (partial / "rows-1.bin").write_bytes(b"context")
        spec = {COMPILED: asdict(stamp)}
        write_manifest(partial, Manifest(source.id, "embedder", "Tiny", "MIT", "1", (), (), spec))
    return folder


def run(source: Pack, contexts: Path) -> None:
    for _ in compile_pack(source, contexts, CHIP):
        pass


def left_in(contexts: Path) -> list[str]:
    return sorted(path.name for path in contexts.glob("*/*"))


def test_what_is_prepared_is_used_only_for_what_it_was_made_for(source: Pack, tmp_path: Path) -> None:
    fits = stamp_of(source, CHIP)
    assert state_of(source, tmp_path, CHIP).state == "missing"
    for stamp, word in (
        (replace(fits, soc_model="88", htp_arch="81"), "another chip"),
        (replace(fits, qairt="v2.52.0.1"), "newer NPU runtime (QAIRT v2.52.0.1; here is 2.51.0)"),
        (replace(fits, source="0" * 64), "another build of the model"),
        (replace(fits, recipe="0"), "older version of Alcove"),
    ):
        compiled(source, tmp_path, stamp)
        state = state_of(source, tmp_path, CHIP)
        assert state.state == "stale" and word in str(state.reason)
    compiled(source, tmp_path, replace(fits, qairt="v2.50.1.240101"))  # an older one runs on a newer runtime
    assert state_of(source, tmp_path, CHIP, thorough=True) == PackState("tiny", "Tiny", "ready")


def test_a_damaged_binary_has_to_be_made_again(source: Pack, tmp_path: Path) -> None:
    binary = compiled(source, tmp_path, stamp_of(source, CHIP)) / "rows-1.bin"
    binary.write_bytes(b"Context")
    assert state_of(source, tmp_path, CHIP).state == "ready"  # a quick look compares no bytes
    assert state_of(source, tmp_path, CHIP, thorough=True).state == "stale"
    binary.write_bytes(b"con")
    assert "rows-1.bin" in str(state_of(source, tmp_path, CHIP).reason)
    binary.unlink()
    assert state_of(source, tmp_path, CHIP).state == "stale"
    (binary.parent / MANIFEST).write_text("{")
    assert state_of(source, tmp_path, CHIP).state == "stale"


def test_without_the_compiler_it_says_what_to_install(
    source: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = Plugin("QNNExecutionProvider", "no_such_module", "onnxruntime-qnn", "The NPU's runtime")
    monkeypatch.setattr("models.npu.preparing.plugin_of", lambda provider: absent)
    with pytest.raises(UserError, match=r"alcove\[npu\]"):
        run(source, tmp_path / "contexts")


def test_it_is_not_begun_where_there_is_no_room(source: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let_the_child(monkeypatch, "raise SystemExit('must not be started')")
    with monkeypatch.context() as patch:
        patch.setattr("models.npu.preparing.shutil.disk_usage", lambda path: SimpleNamespace(free=1000))
        with pytest.raises(StorageFull, match="of disk space"):
            run(source, tmp_path)
    monkeypatch.setattr("models.npu.preparing.psutil.virtual_memory", lambda: SimpleNamespace(available=1000))
    with pytest.raises(MemoryDenied, match="of memory"):
        run(source, tmp_path)
    assert state_of(source, tmp_path, CHIP).state == "missing"


@pytest.mark.skipif(sys.platform == "win32", reason="a process ends itself otherwise there")
def test_a_compiler_that_crashes_leaves_nothing_and_is_not_tried_again_by_itself(
    source: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half_made = HALF_MADE.format(str(tmp_path / "tiny" / f".{CHIP.id}.partial"))
    let_the_child(monkeypatch, half_made + "import os; os.kill(os.getpid(), 11)")
    with pytest.raises(UserError, match=r"stopped unexpectedly over “Tiny” \(signal 11\)"):
        run(source, tmp_path)
    assert left_in(tmp_path) == [f"{CHIP.id}.refused.json"]
    state = state_of(source, tmp_path, CHIP)
    assert state.state == "refused" and not state.unprepared
    monkeypatch.setattr(
        "models.npu.state.expected_stamp", lambda *of: replace(stamp_of(*of), qairt="2.52.0")
    )  # another compiler is worth another try
    assert state_of(source, tmp_path, CHIP).state == "missing"


def test_what_the_child_says_of_a_full_disk_is_told_and_not_remembered(
    source: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = f"import sys; sys.path[:] = {sys.path!r}\n"
    say = (
        "import pickle; from rag_core.process.wire import send; from rag_core.runtime.npu.compiling import disk_full\n"
        "send(sys.stdout.buffer, pickle.dumps(disk_full('Tiny')))"
    )
    let_the_child(monkeypatch, paths + say)
    with pytest.raises(StorageFull, match="became full"):
        run(source, tmp_path)
    assert state_of(source, tmp_path, CHIP).state == "missing"


def test_our_own_mistakes_are_reported_as_such(source: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let_the_child(monkeypatch, "raise LookupError('of ours')")
    with pytest.raises(RuntimeError, match="LookupError: of ours"):
        run(source, tmp_path)


def test_stopping_ends_the_child_and_keeps_what_was_there(
    source: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = compiled(source, tmp_path, replace(stamp_of(source, CHIP), recipe="0"))
    half_made = tmp_path / "tiny" / f".{CHIP.id}.static"
    let_the_child(monkeypatch, HALF_MADE.format(str(half_made)) + "import time; time.sleep(600)")
    work = compile_pack(source, tmp_path, CHIP)
    while not (half_made / "x.bin").exists():
        next(work)  # returns at once, though the child says nothing
    with pytest.raises(UserError, match="already"):
        run(source, tmp_path)
    work.close()  # type: ignore[attr-defined]
    assert not [child for child in psutil.Process().children() if "time.sleep(600)" in " ".join(child.cmdline())]
    assert left_in(tmp_path) == [CHIP.id] and open_pack(old)


def test_what_a_killed_run_left_is_swept_away(source: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (".emulator.partial", ".emulator.static"):
        (tmp_path / "other" / name).mkdir(parents=True)
    let_the_child(monkeypatch, "")
    run(source, tmp_path)
    assert left_in(tmp_path) == []


def test_one_pack_that_fails_keeps_no_other_from_being_prepared(
    source: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tiny_static(source.root.parent, (1,), "other")
    seen = []

    def compile_pack(pack: Pack, contexts_dir: Path, target: Target) -> list[object]:
        seen.append(pack.id)
        if pack.id == "tiny":
            raise UserError("Refused.")
        return []

    monkeypatch.setattr("models.npu.preparing.compile_pack", compile_pack)
    problems = run_to_end(compile_packs([source, other], tmp_path, CHIP))
    assert {pack_id: str(error) for pack_id, error in problems.items()} == {"tiny": "Refused."}
    assert seen == ["tiny", "other"]


def test_the_steps_of_several_packs_count_all_their_graphs(
    source: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tiny_static(source.root.parent, (1, 2, 3), "other")
    steps = [(0, None), (0, 1), (1, 1)], [(0, None), (0, 2), (2, 2)]  # the other has room for two of its three
    said = {
        pack.id: [Progress("compile", *step, "graphs") for step in of_pack]
        for pack, of_pack in zip((source, other), steps, strict=True)
    }
    monkeypatch.setattr("models.npu.preparing.compile_pack", lambda pack, contexts_dir, target: said[pack.id])
    counted = [(step.done, step.total) for step in compile_packs([source, other], tmp_path, CHIP)]
    assert counted == [(0, 4), (0, 4), (1, 4), (1, 4), (1, 3), (3, 3)]


def test_graphs_go_as_far_as_the_model_and_the_room(source: Pack) -> None:
    plenty, little = Needs(10**12, 10**12), Needs(10**12, 10**9)
    encoder = replace(source, manifest=replace(source.manifest, spec={"max_tokens": 200}))
    chosen = plan_for(encoder, CHIP, plenty)
    assert chosen.shapes == ((1, 32), (1, 64), (1, 128), (1, 200), (4, 128), (4, 200))
    network = {"hidden": 576, "heads": 9, "kv_heads": 3, "head_size": 64, "feed_forward": 1536, "layers": 30}
    spec = {"context_tokens": 3000, "network": network | {"vocabulary": 49152}}
    decoder = replace(source, manifest=replace(source.manifest, role="llm", spec=spec))
    caches = [cache for _, cache in plan_for(decoder, CHIP, plenty).shapes]
    assert caches == [512, 512, 1024, 1024, 2048, 2048, 3000, 3000]
    fewer = plan_for(decoder, CHIP, little)
    assert fewer.shapes == ((128, 2048), (1, 2048)) and not fewer.needs.fit(little)
    assert plan_for(decoder, EMULATOR, plenty).shapes == ((64, 512), (1, 512))
    assert plan_for(decoder, EMULATOR, plenty).needs.memory_bytes == pytest.approx(1_378_000_000, rel=0.15)  # measured


def test_a_foreign_pack_is_told_apart(source: Pack, tmp_path: Path) -> None:
    foreign = replace(source, manifest=replace(source.manifest, spec={}))
    assert state_of(foreign, tmp_path, CHIP).state == "cannot"
    with pytest.raises(UserError, match="cannot prepare"):
        run(foreign, tmp_path)
    assert "cannot prepare" in str(run_to_end(compile_packs([foreign], tmp_path, CHIP))["tiny"])
