"""Graphs with small weights compute what the plain ones compute, and an NPU takes all of them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from models.convert.decoder.graph import write_decoder
from models.convert.decoder.static import write_static as write_decoder_static
from models.convert.decoder.weights import Blocks, Matrix
from models.convert.encoder.graph import Float32
from models.training.quantised.blocks import BlockProducts
from models.training.quantised.encoder import write_static as write_encoder_static
from models.training.quantised.static import PRECISIONS, write_static
from rag_core.runtime.devices import Device, list_devices
from rag_core.runtime.npu.compiled import expected_stamp
from rag_core.runtime.npu.compiling import compile_static
from rag_core.runtime.npu.static import RECIPE, encoder_shapes
from rag_core.runtime.npu.targets import EMULATOR
from rag_core.runtime.pack import Pack, open_pack, verify, write_manifest
from rag_core.runtime.session import open_on
from rag_core.types import FloatArray
from tests.models.static_loop import Array, StaticLoop
from tests.models.test_static_decoder import CACHE, CHUNK, LLAMA_LIKE, loop_on, processor, tiny_pack
from tests.models.tiny_llm import random_weights as random_decoder_weights
from tests.models.tiny_minilm import CPU, NETWORK, random_tensors, random_weights, reference, write_pack

WINDOWS = ((CHUNK, CACHE), (1, CACHE))
TEXTS = ([2, 4, 5, 6, 7, 8, 9, 3], [2, 3], [2, *range(10, 22), 3])
PROMPT = [5, 77, 250, 4, 4, 19, 250, 101, 3, 9, 33]

Run = Callable[[dict[str, Array]], Sequence[Array]]

emulated = [
    pytest.mark.npu,
    pytest.mark.skipif(importlib.util.find_spec("onnxruntime_qnn") is None, reason="onnxruntime-qnn is not installed"),
]


@pytest.fixture
def encoder(tmp_path: Path) -> Pack:
    return write_pack(tmp_path / "encoder", (("fp32", random_weights(), Float32(), CPU),))


@pytest.fixture
def decoder(tmp_path: Path) -> Pack:
    """In the forms that SmolLM2 has: four bits with offsets, eight bits without, an embedding without zero points."""
    network, draw = LLAMA_LIKE, np.random.default_rng(1)
    pack = tiny_pack(tmp_path / "decoder", network, "llama", 4)
    weights = random_decoder_weights(network, 4)

    def shifted(matrix: Matrix) -> Blocks:
        assert isinstance(matrix, Blocks)
        offsets = matrix.scales * draw.uniform(-0.5, 0.5, matrix.scales.shape)
        return replace(matrix, offsets=offsets.astype(np.float32))

    layers = [replace(layer, qkv=shifted(layer.qkv), gate_up=shifted(layer.gate_up)) for layer in weights.layers]
    assert not isinstance(weights.embedding, Blocks)
    blocks = weights.embedding.reshape(network.vocabulary, -1, 32)
    scales = np.abs(blocks).max(axis=-1) / np.float32(127)
    codes = (np.rint(blocks / scales[..., None]) + 128).astype(np.uint8)
    embedding = Blocks(8, 32, codes.reshape(weights.embedding.shape), scales)
    write_decoder(network, replace(weights, layers=layers, embedding=embedding), pack.root / "model.onnx")
    write_manifest(pack.root, pack.manifest)
    return open_pack(pack.root)


@pytest.fixture
def npu() -> Device:
    found = list_devices().npu
    if found is None or not found.emulated:
        pytest.skip("this machine does not emulate the NPU")
    return found


def _vectors(run: Run, tokens: int) -> FloatArray:
    rows = []
    for text in TEXTS:
        ids, mask = np.zeros((1, tokens), np.int32), np.zeros((1, tokens), np.float32)
        ids[0, : len(text)], mask[0, : len(text)] = text, 1
        rows.append(np.asarray(run({"input_ids": ids, "mask": mask})[0][0], np.float32))
    return np.stack(rows)


def _cosines(vectors: FloatArray) -> FloatArray:
    wanted = np.stack([reference(random_tensors(), list(text)) for text in TEXTS])
    result: FloatArray = np.sum(vectors * wanted, axis=1) / np.linalg.norm(vectors, axis=1)
    return result


def test_integers_keep_the_vectors_whatever_the_padding(encoder: Pack, tmp_path: Path) -> None:
    import onnxruntime

    pack = write_encoder_static(encoder, tmp_path / "static", ((1, 16), (1, 40)))
    verify(pack)
    assert [graph.precision for graph in pack.manifest.graphs] == ["w8a16", "w8a16"]
    assert encoder_shapes(pack).dim == NETWORK.hidden
    for graph, tokens in zip(pack.manifest.graphs, (16, 40), strict=True):
        session = onnxruntime.InferenceSession(str(pack.path_of(graph.path)), providers=["CPUExecutionProvider"])
        assert _cosines(_vectors(lambda feeds: session.run(None, feeds), tokens)).min() > 0.998  # noqa: B023


def test_every_tensor_is_integers_and_weights_lie_once_in_the_file(encoder: Pack, tmp_path: Path) -> None:
    pack = write_encoder_static(encoder, tmp_path / "static", ((1, 16), (1, 40)))
    places = []
    for graph in pack.manifest.graphs:
        onnx.checker.check_model(str(pack.path_of(graph.path)), full_check=True)
        body = onnx.load(str(pack.path_of(graph.path)), load_external_data=False).graph
        whole = {name for node in body.node if node.op_type == "DequantizeLinear" for name in node.output}
        shapes = {constant.name for constant in body.initializer} | {"input_ids"}
        for node in body.node:
            if node.op_type not in ("QuantizeLinear", "DequantizeLinear"):
                assert set(node.input) <= whole | shapes, node.name
        tensors = [tensor for tensor in body.initializer if tensor.external_data]
        places.append(
            {t.name: [entry.value for entry in t.external_data] for t in tensors if "positions" not in t.name}
        )
    assert places[0] == places[1] != {}


def test_the_packs_own_codes_say_what_the_pack_says(decoder: Pack, tmp_path: Path) -> None:
    plain = write_decoder_static(decoder, tmp_path / "plain", WINDOWS, "fp32")
    small = write_decoder_static(decoder, tmp_path / "small", WINDOWS, "fp32", BlockProducts("fp32"))
    assert {graph.precision for graph in small.manifest.graphs} == {"w4a16"}
    one, other = loop_on(processor(), plain), loop_on(processor(), small)
    np.testing.assert_allclose(other.read(PROMPT), one.read(PROMPT), atol=2e-4)
    assert other.greedy(PROMPT, 12) == one.greedy(PROMPT, 12)
    sizes = [pack.path_of("weights.data").stat().st_size for pack in (small, plain)]
    assert sizes[0] < sizes[1] / 2


@pytest.mark.parametrize("mark", [pytest.param(None, marks=emulated)])
def test_the_npu_takes_all_of_the_encoder_in_integers(mark: None, encoder: Pack, tmp_path: Path, npu: Device) -> None:
    static = write_encoder_static(encoder, tmp_path / "static", ((1, 16),))
    contexts = _compiled(static, tmp_path / "contexts", npu)
    session = open_on(contexts, static.manifest.graphs[0].name, npu, target=EMULATOR)
    assert set(session.nodes) == {npu.provider}
    assert _cosines(_vectors(session.run, 16)).min() > 0.98


@pytest.mark.parametrize("mark", [pytest.param(None, marks=emulated)])
def test_the_npu_takes_all_of_the_decoder_in_codes(mark: None, decoder: Pack, tmp_path: Path, npu: Device) -> None:
    plain = loop_on(processor(), write_decoder_static(decoder, tmp_path / "plain", WINDOWS, "fp32"))
    small = write_decoder_static(decoder, tmp_path / "small", WINDOWS, products=BlockProducts())
    contexts = _compiled(small, tmp_path / "contexts", npu)
    sessions = {g.name: open_on(contexts, g.name, npu, target=EMULATOR) for g in small.manifest.graphs}
    assert {provider for session in sessions.values() for provider in session.nodes} == {npu.provider}
    loop = StaticLoop(contexts, lambda graph, feeds: sessions[graph].run(feeds))
    got, wanted = loop.read(PROMPT), plain.read(PROMPT)
    assert got @ wanted / np.linalg.norm(got) / np.linalg.norm(wanted) > 0.98


def _compiled(static: Pack, folder: Path, npu: Device) -> Pack:
    for _ in compile_static(static, folder, npu, EMULATOR, expected_stamp(static, EMULATOR, RECIPE)):
        pass
    return open_pack(folder)


def test_each_precision_that_is_offered_can_be_written(encoder: Pack, decoder: Pack, tmp_path: Path) -> None:
    for source, shapes, offered in (
        (encoder, ((1, 16),), PRECISIONS["embedder"]),
        (decoder, WINDOWS, PRECISIONS["llm"]),
    ):
        for precision in offered:
            pack = write_static(source, tmp_path / f"{source.id}-{precision}", shapes, precision)
            assert {graph.precision for graph in pack.manifest.graphs} == {precision}
        with pytest.raises(ValueError, match="in w2: there is fp16"):
            write_static(source, tmp_path / "none", shapes, "w2")
