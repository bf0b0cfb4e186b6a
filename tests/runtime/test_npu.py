"""Small graphs on the NPU's emulator: all of a graph is there, or it is refused."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from rag_core.errors import Cancelled, DeviceFailed, PackCorrupt, ProviderUnavailable
from rag_core.progress import CancelToken
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.devices import Device, list_devices
from rag_core.runtime.npu.compiled import SHARED, context_folder, expected_stamp, find_contexts
from rag_core.runtime.npu.compiling import compile_static
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.npu.targets import EMULATOR, Target, target_named
from rag_core.runtime.options import Power
from rag_core.runtime.pack import Graph, Manifest, Pack, open_pack, verify, write_manifest
from rag_core.runtime.places import KnownMachine, find_places
from rag_core.runtime.plugins import CPU, QNN
from rag_core.runtime.profile import profile_devices
from rag_core.runtime.session import Array, open_on
from rag_core.runtime.watchdog import Watchdog

pytestmark = [
    pytest.mark.npu,
    pytest.mark.skipif(importlib.util.find_spec("onnxruntime_qnn") is None, reason="onnxruntime-qnn is not installed"),
]

_draw = np.random.default_rng(0)
FEEDS: dict[str, Array] = {"x": _draw.normal(size=(1, 8, 64)).astype(np.float16)}


@pytest.fixture(scope="module")
def npu() -> Device:
    found = list_devices().npu
    if found is None or not found.emulated:
        pytest.skip("this machine does not emulate the NPU")
    return found


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """`product` is a matrix product, `places` has a shape that depends on its values."""
    root = tmp_path_factory.mktemp("packs") / "tiny"
    root.mkdir()
    weights = numpy_helper.from_array(_draw.normal(size=(64, 64)).astype(np.float16), "w")
    _save(root, "product", helper.make_node("MatMul", ["x", "w"], ["y"]), TensorProto.FLOAT16, [1, 8, 64], weights)
    _save(root, "places", helper.make_node("NonZero", ["x"], ["y"]), TensorProto.INT64, [3, None])
    graphs = tuple(Graph(name, f"{name}.onnx", "fp16", (QNN, CPU), (f"{name}.onnx",)) for name in ("product", "places"))
    write_manifest(root, Manifest("tiny", "embedder", "Tiny", "Apache-2.0", "1", (), graphs))
    return open_pack(root)


def _save(root: Path, name: str, node: Any, kind: int, shape: list[int | None], *constants: Any) -> None:
    graph = helper.make_graph(
        [node],
        name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT16, [1, 8, 64])],
        [helper.make_tensor_value_info("y", kind, shape)],
        constants,
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), root / f"{name}.onnx"
    )


def compiled(pack: Pack, npu: Device, contexts_dir: Path, target: Target) -> Pack:
    one = Pack(pack.root, _only_product(pack.manifest), pack.sha256)
    folder = context_folder(contexts_dir, pack.id, target)
    for _ in compile_static(one, folder, npu, target, expected_stamp(pack, target, RECIPE)):
        pass
    return open_pack(folder)


@pytest.fixture(scope="module")
def long_pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """One run of `chain` takes the emulator half a second."""
    root = tmp_path_factory.mktemp("long")
    steps, shape = 8, [1, 64, 1024]
    weights = numpy_helper.from_array((_draw.normal(size=(1024, 1024)) / 32).astype(np.float16), "w")
    names = ["x", *(f"t{step}" for step in range(1, steps)), "y"]
    nodes = [helper.make_node("MatMul", [names[step], "w"], [names[step + 1]]) for step in range(steps)]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT16, shape) for name in "xy"]
    graph = helper.make_graph(nodes, "chain", ends[:1], ends[1:], [weights])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), root / "chain.onnx")
    write_manifest(
        root,
        Manifest("long", "embedder", "Long", "Apache-2.0", "1", (), (Graph("chain", "chain.onnx", "fp16", (QNN,)),)),
    )
    return open_pack(root)


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The watchdog: the driver ends no run before its time."""
    made = Watchdog(grace_s=0.05)
    for user in ("session", "handles"):
        monkeypatch.setattr(f"rag_core.runtime.{user}.the_watchdog", lambda: made)
    yield
    made.close()


def _only_product(manifest: Manifest) -> Manifest:
    files = tuple(file for file in manifest.files if file.path == "product.onnx")
    return Manifest("tiny", "embedder", "Tiny", "Apache-2.0", "1", files, manifest.graphs[:1])


def test_a_whole_graph_is_on_the_npu_and_computes_what_the_processor_does(pack: Pack, npu: Device) -> None:
    session = open_on(pack, "product", npu)
    assert session.nodes == {QNN: 1}
    processor = open_on(pack, "product", list_devices().devices[0], threads=1)
    assert set(processor.nodes) == {CPU}
    expected = processor.run(FEEDS)[0].astype(np.float32)
    for power in get_args(Power):
        given = session.run(FEEDS, CancelToken(), power=power)[0].astype(np.float32)
        assert np.abs(given - expected).max() < 0.05  # of values up to about 30


def test_a_graph_that_the_npu_cannot_do_is_refused_and_not_done_elsewhere(pack: Pack, npu: Device) -> None:
    with pytest.raises(ProviderUnavailable, match="the graph “places”: it has parts that this device cannot do"):
        open_on(pack, "places", npu)


def test_what_was_compiled_is_opened_without_compiling(pack: Pack, npu: Device, tmp_path: Path) -> None:
    prepared = compiled(pack, npu, tmp_path, EMULATOR)
    known = KnownMachine(tmp_path, Breaker(tmp_path / "devices.json"))
    (place,) = find_places("embed", pack, "npu", known).found
    assert (place.pack.sha256, place.target) == (prepared.sha256, EMULATOR)
    session = place.open_graph("product")
    assert session.nodes == {QNN: 1}
    assert np.array_equal(session.run(FEEDS)[0], open_on(pack, "product", npu).run(FEEDS)[0])


def test_a_pack_of_contexts_never_compiles(pack: Pack, npu: Device, tmp_path: Path) -> None:
    prepared = compiled(pack, npu, tmp_path, EMULATOR)
    (prepared.path_of(prepared.graph("product").path)).write_bytes(pack.path_of("product.onnx").read_bytes())
    with pytest.raises(ProviderUnavailable, match="refused the graph"):
        open_on(prepared, "product", npu, target=EMULATOR)


def test_a_truncated_context_is_refused_before_the_driver_sees_it(pack: Pack, npu: Device, tmp_path: Path) -> None:
    prepared = compiled(pack, npu, tmp_path, EMULATOR)
    (binary,) = prepared.root.glob("*.bin")
    whole = binary.read_bytes()
    binary.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(PackCorrupt, match="is damaged"):
        verify(prepared)
    with pytest.raises(ProviderUnavailable, match="refused the graph “product”"):
        open_on(prepared, "product", npu, target=EMULATOR)


def test_a_context_of_a_newer_chip_is_refused_by_its_stamp_and_by_the_driver(
    pack: Pack, npu: Device, tmp_path: Path
) -> None:
    newer = target_named("snapdragon-x2-elite")
    prepared = compiled(pack, npu, tmp_path, newer)
    expected = expected_stamp(pack, EMULATOR, RECIPE)
    prepared.root.rename(context_folder(tmp_path, pack.id, EMULATOR))
    found = find_contexts(tmp_path, pack, EMULATOR, expected)
    assert (found.pack, str(found.reason)) == (None, "“Tiny” was prepared for another chip (snapdragon-x2-elite).")
    moved = open_pack(context_folder(tmp_path, pack.id, EMULATOR))
    with pytest.raises(ProviderUnavailable, match="it was prepared for another chip"):
        open_on(moved, "product", npu, target=EMULATOR)


@pytest.mark.usefixtures("_impatient")
def test_a_run_that_is_cancelled_or_late_leaves_the_driver_usable(
    long_pack: Pack, npu: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver goes on with what nobody waits for, and with the next run when that is done."""
    feeds: dict[str, Array] = {"x": _draw.normal(size=(1, 64, 1024)).astype(np.float16)}
    session = open_on(long_pack, "chain", npu)
    (expected,) = session.run(feeds)
    token = CancelToken()
    timer = threading.Timer(0.05, token.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        session.run(feeds, token)
    timer.join()
    assert np.array_equal(session.run(feeds)[0], expected)
    monkeypatch.setattr("rag_core.runtime.session._EMULATED_RUN_LIMIT_S", 0.05)
    impatient = open_on(long_pack, "chain", npu)
    with pytest.raises(DeviceFailed, match=r"did not finish within 0\.05 seconds"):
        impatient.run(feeds)
    assert np.array_equal(session.run(feeds)[0], expected)


def test_what_a_graph_does_not_take_is_no_failed_device(pack: Pack, npu: Device) -> None:
    with pytest.raises(ValueError, match=r"“x” is tensor\(float\) \(1, 8, 64\), not tensor\(float16\) \(1, 8, 64\)"):
        open_on(pack, "product", npu).run({"x": FEEDS["x"].astype(np.float32)})


def test_the_emulator_is_kept_from_contexts_that_share_weights(pack: Pack, npu: Device) -> None:
    """Opening them would end this process."""
    shared = Pack(pack.root, replace(pack.manifest, spec={SHARED: True}), pack.sha256)
    with pytest.raises(ProviderUnavailable, match="The emulated Snapdragon NPU cannot open graphs that share"):
        open_on(shared, "product", npu)


def test_the_emulator_keeps_off_standard_output(pack: Pack, npu: Device) -> None:
    """It prints once per process, so in a process of its own."""
    code = (
        "import sys; from pathlib import Path; import numpy; from rag_core.runtime.devices import list_devices;"
        "from rag_core.runtime.pack import open_pack; from rag_core.runtime.session import open_on;"
        "session = open_on(open_pack(Path(sys.argv[1])), 'product', list_devices().npu);"
        "session.run({'x': numpy.zeros((1, 8, 64), numpy.float16)}); print(session.device.provider)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(pack.root)], capture_output=True, text=True, check=True)
    assert done.stdout == f"{QNN}\n"


def test_every_device_is_timed(npu: Device, tmp_path: Path) -> None:
    rows = {row.provider: row for row in profile_devices(list_devices(), tmp_path / "devices.json")}
    assert (rows[QNN].problem, rows[QNN].target) == ("", "Snapdragon X Elite, emulated")
    assert (rows[QNN].tiny_ms or 0) > 0
    assert rows[QNN].emulated and not rows[CPU].emulated
