"""The NPU's compiler at work on tiny graphs, in its own process, and what it wrote run on the emulator."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import onnx
import psutil
import pytest

from models.npu.preparing import compile_pack
from models.npu.state import state_of
from rag_core.errors import UserError
from rag_core.runtime.devices import list_devices
from rag_core.runtime.npu.compiled import COMPILED, SHARED, ContextStamp, context_folder, find_contexts
from rag_core.runtime.npu.targets import EMULATOR, Target, target_named
from rag_core.runtime.pack import Pack, open_pack, verify
from rag_core.runtime.plugins import CPU, QNN
from rag_core.runtime.session import open_on
from tests.models.tiny_static import tiny_static, weights

pytestmark = [
    pytest.mark.npu,
    pytest.mark.skipif(importlib.util.find_spec("onnxruntime_qnn") is None, reason="onnxruntime-qnn is not installed"),
]

CHIP = target_named("snapdragon-x-elite")


def compiled(source: Pack, contexts: Path, target: Target) -> Pack:
    for _ in compile_pack(source, contexts, target):
        pass
    return open_pack(context_folder(contexts, source.id, target))


def binaries(pack: Pack) -> dict[str, int]:
    return {file.path: file.bytes for file in pack.manifest.files if file.path.endswith(".bin") and file.bytes > 9}


def test_a_context_runs_on_the_emulator_without_compiling(tmp_path: Path) -> None:
    source = tiny_static(tmp_path / "packs", (1, 8))
    pack = compiled(source, tmp_path / "contexts", EMULATOR)
    stamp = ContextStamp(**pack.manifest.spec[COMPILED])
    assert find_contexts(tmp_path / "contexts", source, EMULATOR, stamp).pack == pack
    assert state_of(source, tmp_path / "contexts", EMULATOR, thorough=True).state == "ready"
    assert stamp.source == source.sha256 and stamp.qairt.startswith("v2.")
    assert len(binaries(pack)) == 2 and not pack.manifest.spec[SHARED]
    assert pack.path_of("kept.bin").read_bytes() == b"kept" and not pack.path_of("weights.data").exists()
    npu = list_devices().npu
    assert npu is not None
    rows = np.random.default_rng(1).normal(size=(1, 8, 64)).astype(np.float16)
    session = open_on(pack, "rows-8", npu, target=EMULATOR)
    assert session.nodes == {QNN: 1}  # one context, and nothing beside it
    expected = np.maximum(rows.astype(np.float32) @ weights(64), 0)
    np.testing.assert_allclose(session.run({"x": rows})[0], expected, atol=0.01)


def test_graphs_for_a_chip_share_one_binary(tmp_path: Path) -> None:
    one = compiled(tiny_static(tmp_path / "one", (1,), width=1024), tmp_path / "contexts-1", CHIP)
    both = compiled(tiny_static(tmp_path / "two", (1, 64), width=1024), tmp_path / "contexts-2", CHIP)
    (alone,) = binaries(one).values()
    ((name, together),) = binaries(both).items()
    assert together < 1.05 * alone
    assert both.manifest.spec[SHARED] and not one.manifest.spec[SHARED]
    named = [
        onnx.helper.get_attribute_value(entry)
        for graph in both.manifest.graphs
        for node in onnx.load(both.path_of(graph.path), load_external_data=False).graph.node
        for entry in node.attribute
        if entry.name == "ep_cache_context"
    ]
    assert named == [name.encode()] * 2
    verify(both)


def test_a_graph_that_the_npu_cannot_do_whole_is_refused(tmp_path: Path) -> None:
    source = tiny_static(tmp_path / "packs", (1,), operator="Softmax")
    foreign = tiny_static(tmp_path / "packs", (1,), "foreign", operator="Mish")
    compiled(source, tmp_path, EMULATOR)
    with pytest.raises(UserError, match=r"rows-1.*of “Foreign”"):
        compiled(foreign, tmp_path, EMULATOR)
    assert [path.name for path in (tmp_path / "foreign").iterdir()] == ["emulator.refused.json"]


def test_a_compiler_that_is_killed_leaves_nothing_and_can_begin_again(tmp_path: Path) -> None:
    source = tiny_static(tmp_path / "packs", tuple(range(1, 60)))
    contexts = tmp_path / "contexts"
    others = psutil.Process().children()  # idle readers of documents
    work = compile_pack(source, contexts, EMULATOR)
    while next(work).done == 0:
        pass
    (child,) = set(psutil.Process().children()) - set(others)
    child.kill()
    with pytest.raises(UserError, match="it was killed"):
        list(work)
    assert list((contexts / source.id).iterdir()) == []
    assert state_of(source, contexts, EMULATOR).state == "missing"
    assert compiled(tiny_static(tmp_path / "packs", (1,)), contexts, EMULATOR).graph("rows-1").providers == (QNN,)
    assert CPU in source.graph("rows-1").providers
