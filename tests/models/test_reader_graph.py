"""The reader's graphs compute the network with its heads, and its file keeps the weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from safetensors.numpy import load_file, save_file

from models.convert.encoder.graph import Float32, write_encoder
from models.convert.encoder.network import Weights
from models.convert.encoder.quantise import Int8
from models.convert.encoder.reader_graph import ReadingHead
from models.convert.encoder.reader_weights import load_weights, require, training_of
from models.convert.encoder.static_reader import write_static
from models.npu.plan import CHIPS, Needs, plan_for
from models.npu.static_graphs import why_not, write_static_graphs
from models.training.reader.saving import save_weights
from rag_core.errors import UserError
from rag_core.read.description import read_spec
from rag_core.runtime.devices import Device
from rag_core.runtime.npu.static import reader_shapes
from rag_core.runtime.npu.targets import TARGETS
from rag_core.runtime.pack import Pack, hash_file, open_pack, write_manifest
from rag_core.runtime.session import open_on
from rag_core.types import FloatArray
from tests.models.tiny_minilm import NETWORK, random_tensors, random_weights, states
from tests.read.tiny_readers import int8_and_fp32, random_heads, write_pack

PAIRS = ([2, 4, 5, 6, 3, 8, 9, 3], [2, 4, 3, 5, 3], [2, *range(10, 18), 3, *range(20, 38), 3])


def reference(ids: list[int]) -> tuple[FloatArray, FloatArray]:
    """`judged` (2,) and `spans` (tokens, 2) of `random_weights` and `random_heads`, in plain NumPy."""
    x, heads = states(random_tensors(), ids), random_heads()
    pooled = np.tanh(x[0] @ heads.pooler.weight.T + heads.pooler.bias)
    judged = pooled @ heads.judge.weight.T + heads.judge.bias
    spans = x @ heads.span.weight.T + heads.span.bias
    return judged.astype(np.float32), spans.astype(np.float32)


def source_pack(root: Path) -> Pack:
    """As the recipe makes them."""
    pack = write_pack(root, int8_and_fp32())
    write_manifest(root, replace(pack.manifest, provenance={"recipe": "models/reader"}))
    return open_pack(root)


def _run(model: Any, ids: list[int]) -> tuple[FloatArray, FloatArray]:
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    judged, spans = session.run(["judged", "spans"], {"input_ids": np.array([ids])})
    assert judged.shape == (1, 2) and spans.shape == (1, len(ids), 2)
    return judged[0], spans[0]


def _graph(weights: Weights, arithmetic: Any) -> Any:
    return write_encoder(NETWORK, weights, arithmetic, head=ReadingHead(random_heads()))


def test_the_fp32_graph_computes_the_network_with_its_heads() -> None:
    model = _graph(random_weights(), Float32())
    for ids in PAIRS:
        for got, wanted in zip(_run(model, ids), reference(ids), strict=True):
            np.testing.assert_allclose(got, wanted, atol=1e-4)


def test_8_bits_say_nearly_the_same() -> None:
    model = _graph(random_weights(), Int8())
    for ids in PAIRS:
        for got, wanted in zip(_run(model, ids), reference(ids), strict=True):
            assert np.abs(got - wanted).max() < 0.1 * np.abs(wanted).max()


def test_texts_of_one_length_run_together() -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(_graph(random_weights(), Float32()).SerializeToString())
    rows = np.array([PAIRS[0], PAIRS[0][::-1]])
    judged, spans = session.run(["judged", "spans"], {"input_ids": rows})
    for row, ids in enumerate(rows.tolist()):
        np.testing.assert_allclose(judged[row], reference(ids)[0], atol=1e-4)
        np.testing.assert_allclose(spans[row], reference(ids)[1], atol=1e-4)


def test_the_file_keeps_what_training_changed_and_no_words(tmp_path: Path) -> None:
    path = tmp_path / "reader.safetensors"
    weights, heads = random_weights(), random_heads()
    save_weights(path, weights, heads, {"step": 7})
    assert training_of(path) == {"step": 7}
    read, read_heads = load_weights(path, NETWORK, weights.word)
    assert (
        read.word is weights.word
        and path.stat().st_size < 2 * sum(tensor.size for tensor in load_file(path).values()) + 8192
    )
    np.testing.assert_allclose(read.layers[1].down.weight, weights.layers[1].down.weight, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(read.position, weights.position, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(read_heads.judge.bias, heads.judge.bias, rtol=1e-3)
    again = tmp_path / "again.safetensors"
    save_weights(again, read, read_heads, {"step": 7})
    assert again.read_bytes() == path.read_bytes()


def test_a_damaged_or_foreign_file_of_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "reader.safetensors"
    weights = random_weights()
    save_weights(path, weights, random_heads(), {})
    with pytest.raises(ValueError, match="another network"):
        load_weights(path, replace(NETWORK, layers=3), weights.word)
    tensors = load_file(path)
    save_file(tensors | {"judge.bias": np.full(2, np.nan, np.float16)}, path)
    with pytest.raises(ValueError, match=r"judge\.bias has values that are no numbers"):
        load_weights(path, NETWORK, weights.word)
    save_file(tensors | {"judge.bias": np.zeros(3, np.float16)}, path)
    with pytest.raises(ValueError, match="shape"):
        load_weights(path, NETWORK, weights.word)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ValueError, match="not a file of weights"):
        load_weights(path, NETWORK, weights.word)


def test_only_the_pinned_file_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "reader.safetensors"
    with pytest.raises(UserError, match="missing"):
        require(path, "0" * 64)
    path.write_bytes(b"weights")
    require(path, hash_file(path))
    with pytest.raises(UserError, match="not those that this version of Alcove was made for"):
        require(path, "0" * 64)


@pytest.mark.parametrize(("precision", "near"), [("fp32", 0.005), ("fp16", 0.05)])
def test_graphs_of_fixed_shapes_say_the_same_whatever_is_padding(tmp_path: Path, precision: Any, near: float) -> None:
    import onnxruntime

    pack = write_static(source_pack(tmp_path / "source"), tmp_path / "static", ((1, 32), (4, 32)), precision)
    assert read_spec(pack).max_tokens == 32
    for bucket in reader_shapes(pack).buckets:
        path = str(pack.path_of(f"{bucket.graph}.onnx"))
        onnx.checker.check_model(path, full_check=True)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        kind = np.float16 if precision == "fp16" else np.float32
        judged, spans = session.run(["judged", "spans"], _rows(bucket.batch, kind))
        _agree(judged, spans, near)


def _rows(batch: int, kind: Any) -> dict[str, Any]:
    """As many of PAIRS as the batch has room for."""
    ids, mask = np.zeros((batch, 32), np.int32), np.zeros((batch, 32), kind)
    ids[:, :2], mask[:, :2] = (2, 3), 1
    for row, pair in enumerate(PAIRS[:batch]):
        ids[row, : len(pair)], mask[row, : len(pair)] = pair, 1
    return {"input_ids": ids, "mask": mask}


def _agree(judged: FloatArray, spans: FloatArray, near: float) -> None:
    for row, pair in enumerate(PAIRS[: len(judged)]):
        wanted = reference(pair)
        np.testing.assert_allclose(judged[row].astype(np.float32), wanted[0], atol=near)
        np.testing.assert_allclose(spans[row, : len(pair)].astype(np.float32), wanted[1], atol=near)


def test_a_reader_can_be_prepared_for_an_npu(tmp_path: Path) -> None:
    pack = source_pack(tmp_path / "source")
    assert not why_not(pack)
    foreign = replace(pack, manifest=replace(pack.manifest, provenance={}))
    assert "cannot prepare" in str(why_not(foreign))
    plenty = Needs(10**15, 10**15)
    shapes = plan_for(pack, TARGETS[0], plenty).shapes
    assert shapes == tuple(dict.fromkeys((texts, min(32, tokens)) for texts, tokens in CHIPS[0].pairs))
    static = write_static_graphs(pack, tmp_path / "static", shapes)
    assert len(static.manifest.graphs) == len(shapes)


@pytest.mark.npu
def test_the_npu_says_what_the_processor_says(tmp_path: Path, emulator: Device) -> None:
    source: Pack = write_static(source_pack(tmp_path / "source"), tmp_path / "static", ((1, 32), (4, 32)))
    for bucket in reader_shapes(source).buckets:
        session = open_on(source, bucket.graph, emulator)
        judged, spans = session.run(_rows(bucket.batch, np.float16))
        _agree(np.asarray(judged), np.asarray(spans), 0.05)
