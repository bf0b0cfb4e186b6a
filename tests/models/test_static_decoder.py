"""Graphs of fixed shapes say what the pack that they were made from says: token for token, on the processor."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from models.convert.decoder.graph import GraphOptions, write_decoder
from models.convert.decoder.installed import read_back
from models.convert.decoder.network import Network
from models.convert.decoder.static import write_static
from models.convert.decoder.weights import Blocks, Layer, Matrix, Weights, quantise
from rag_core.errors import PackCorrupt, UserError
from rag_core.generate.genai_decoder import GenaiDecoder
from rag_core.generate.static_decoder import StaticDecoder
from rag_core.progress import CancelToken
from rag_core.runtime.devices import CPU, QNN, Device, list_devices
from rag_core.runtime.pack import Graph, Manifest, Pack, open_pack, write_manifest
from rag_core.runtime.places import Place
from rag_core.runtime.session import open_on
from tests.models import reference
from tests.models.static_loop import Array, StaticLoop
from tests.models.tiny_llm import GEMMA_LIKE, QWEN_LIKE, TEMPLATE, random_weights, write_folder

CHUNK, CACHE = 8, 48
LLAMA_LIKE = replace(QWEN_LIKE, qkv_bias=False, tied_embedding=True, layers=3)
PHI_LIKE = replace(QWEN_LIKE, qkv_bias=False, heads=2, kv_heads=2, head_size=32, rotary_size=16)
NETWORKS = {"llama": LLAMA_LIKE, "phi3": PHI_LIKE, "qwen2": QWEN_LIKE, "gemma": GEMMA_LIKE}
PROMPTS = {
    "shorter than a chunk": 5,
    "one chunk": CHUNK,
    "one token more": CHUNK + 1,
    "several chunks": 3 * CHUNK,
    "several and a part": 2 * CHUNK + 3,
}


def tiny_pack(folder: Path, network: Network, kind: str, bits: int = 0) -> Pack:
    write_folder(folder, network, kind, bits=bits, options=GraphOptions(accuracy_level=1))
    graph = Graph("decoder", "model.onnx", "fp32", ("CPUExecutionProvider",), ("model.onnx", "model.onnx.data"))
    spec = {
        "network": asdict(network),
        "context_tokens": network.context_tokens,
        "eos_token_ids": [0],
        "chat_template": TEMPLATE,
    }
    write_manifest(folder, Manifest("tiny", "llm", "Tiny", "none", "1", (), (graph,), spec))
    return open_pack(folder)


def loop_on(device: Device, pack: Pack) -> StaticLoop:
    sessions = {graph.name: open_on(pack, graph.name, device, threads=1) for graph in pack.manifest.graphs}
    assert all(set(session.nodes) == {device.provider} for session in sessions.values())

    def run(graph: str, feeds: dict[str, Array]) -> list[Array]:
        return sessions[graph].run(feeds)

    return StaticLoop(pack, run)


def processor() -> Device:
    return next(device for device in list_devices(look_for_npu=False).devices if device.provider == CPU)


@pytest.mark.parametrize("kind", NETWORKS)
def test_static_graphs_make_the_tokens_that_the_pack_makes(kind: str, tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path / "pack", NETWORKS[kind], kind)
    static = write_static(pack, tmp_path / "static", [(CHUNK, CACHE), (1, CACHE)], "fp32")
    ours = StaticDecoder(Place(processor(), static, threads=1))
    theirs = GenaiDecoder(Place(processor(), pack, threads=1))
    generator = np.random.default_rng(3)
    for length in PROMPTS.values():
        prompt = [int(token) for token in generator.integers(4, 260, length)]
        made = [list(decoder.tokens_after(prompt, 12, CancelToken())) for decoder in (ours, theirs)]
        assert made[0] == made[1], f"a prompt of {length} tokens"
    ours.close()
    theirs.close()


def test_half_precision_keeps_the_logits(tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path / "pack", QWEN_LIKE, "qwen2")
    loop = loop_on(processor(), write_static(pack, tmp_path / "static", [(CHUNK, CACHE), (1, CACHE)], "fp16"))
    tokens = [5, 77, 250, 4, 4, 19, 250, 101, 3, 9, 33]
    expected = reference.logits(QWEN_LIKE, random_weights(QWEN_LIKE), tokens)[-1]
    np.testing.assert_allclose(loop.read(tokens), expected, atol=0.03)


def test_half_precision_bears_gates_beyond_its_powers(tmp_path: Path) -> None:
    pack, expected = pack_of_steep_gates(tmp_path / "pack")
    loop = loop_on(processor(), write_static(pack, tmp_path / "static", [(CHUNK, CACHE), (1, CACHE)], "fp16"))
    np.testing.assert_allclose(loop.read([5, 77, 250]), expected, atol=0.05)


@pytest.mark.npu
def test_the_npu_bears_gates_beyond_its_powers(tmp_path: Path) -> None:
    inventory = list_devices()
    npu = inventory.first(QNN)
    if npu is None:
        pytest.skip(" ".join(map(str, inventory.notes)))
    pack, expected = pack_of_steep_gates(tmp_path / "pack")
    loop = loop_on(npu, write_static(pack, tmp_path / "static", [(CHUNK, CACHE), (1, CACHE)], "fp16"))
    np.testing.assert_allclose(loop.read([5, 77, 250]), expected, atol=0.05)


def pack_of_steep_gates(folder: Path) -> tuple[Pack, Array]:
    """Gates reach about 90 either way, and float16 has no exp(12); with the logits after tokens 5, 77 and 250."""
    pack = tiny_pack(folder, QWEN_LIKE, "qwen2")
    weights = random_weights(QWEN_LIKE)
    layers = []
    for layer in weights.layers:
        gate, up = np.split(np.asarray(layer.gate_up), 2)
        layers.append(replace(layer, gate_up=np.concatenate([gate * 32, up / 32])))
    steep = replace(weights, layers=layers)
    write_decoder(QWEN_LIKE, steep, folder / "model.onnx", GraphOptions(accuracy_level=1))
    write_manifest(folder, pack.manifest)
    return open_pack(folder), reference.logits(QWEN_LIKE, steep, [5, 77, 250])[-1]


@pytest.mark.npu
@pytest.mark.parametrize("kind", NETWORKS)
def test_the_npu_computes_what_the_processor_computes(kind: str, tmp_path: Path) -> None:
    inventory = list_devices()
    npu = inventory.first(QNN)
    if npu is None:
        pytest.skip(" ".join(map(str, inventory.notes)))
    windows = [(CHUNK, CACHE), (1, CACHE)]
    pack = tiny_pack(tmp_path / "pack", NETWORKS[kind], kind)
    on_processor = loop_on(processor(), write_static(pack, tmp_path / "fp32", windows, "fp32"))
    on_npu = loop_on(npu, write_static(pack, tmp_path / "fp16", windows, "fp16"))
    prompt = [5, 77, 250, 4, 4, 19, 250, 101, 3, 9, 33]
    assert on_npu.greedy(prompt, 8) == on_processor.greedy(prompt, 8)
    np.testing.assert_allclose(on_npu.read([7]), on_processor.read([7]), atol=0.05)


@pytest.mark.parametrize("bits", [0, 4, 8])
def test_what_is_read_back_is_what_was_written(bits: int, tmp_path: Path) -> None:
    network = replace(QWEN_LIKE, feed_forward=96)
    read_network, read = read_back(tiny_pack(tmp_path, network, "qwen2", bits))
    assert read_network == network
    _assert_equal(read, random_weights(network, bits))


def test_offsets_come_back_as_the_graph_adds_them(tmp_path: Path) -> None:
    network = replace(GEMMA_LIKE, feed_forward=1056)  # 33 blocks: more than one block of columns of means
    weights = random_weights(network, 4)
    generator = np.random.default_rng(1)

    def shifted(blocks: Matrix) -> Blocks:
        assert isinstance(blocks, Blocks)
        return replace(blocks, offsets=(blocks.scales * generator.uniform(-0.5, 0.5, blocks.scales.shape)).astype("f4"))

    layers = [replace(layer, qkv=shifted(layer.qkv), down=shifted(layer.down)) for layer in weights.layers]
    written = replace(weights, layers=layers, embedding=_symmetric_8_bits(weights.embedding))
    pack = tiny_pack(tmp_path, network, "gemma", 4)
    write_decoder(network, written, tmp_path / "model.onnx")
    write_manifest(tmp_path, pack.manifest)
    _, read = read_back(open_pack(tmp_path))
    _assert_equal(read, replace(written, layers=[_as_computed(layer) for layer in layers]))


def test_windows_share_one_file_of_weights(tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path / "pack", LLAMA_LIKE, "llama")
    one = write_static(pack, tmp_path / "one", [(1, CACHE)])
    three = write_static(pack, tmp_path / "three", [(CHUNK, CACHE), (1, CACHE), (1, 2 * CACHE)])
    assert (one.root / "weights.data").read_bytes() == (three.root / "weights.data").read_bytes()
    places = []
    for graph in three.manifest.graphs:
        model = onnx.load(three.path_of(graph.path), load_external_data=False)
        onnx.checker.check_model(three.path_of(graph.path), full_check=True)
        tensors = [tensor for tensor in model.graph.initializer if tensor.external_data]
        places.append({tensor.name: [entry.value for entry in tensor.external_data] for tensor in tensors})
    assert places[0] == places[1] == places[2]
    assert three.path_of("step-48.onnx").stat().st_size < 100_000


def test_a_pack_of_another_maker_is_refused_in_plain_words(tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path / "pack", LLAMA_LIKE, "llama")
    without_network = {key: value for key, value in pack.manifest.spec.items() if key != "network"}
    for spec in (without_network, pack.manifest.spec | {"network": asdict(replace(LLAMA_LIKE, hidden=96))}):
        write_manifest(pack.root, replace(pack.manifest, spec=spec))
        with pytest.raises(UserError, match="cannot be prepared for the NPU: its graph was not written by Alcove"):
            write_static(open_pack(pack.root), tmp_path / "static", [(1, CACHE)])
    assert not (tmp_path / "static").exists()


def test_a_damaged_pack_is_refused(tmp_path: Path) -> None:
    pack = tiny_pack(tmp_path / "pack", LLAMA_LIKE, "llama")
    data = bytearray((pack.root / "model.onnx.data").read_bytes())
    data[-1] ^= 1
    (pack.root / "model.onnx.data").write_bytes(data)
    with pytest.raises(PackCorrupt, match=r"model\.onnx\.data"):
        write_static(pack, tmp_path / "static", [(1, CACHE)])


def _assert_equal(read: Weights, written: Weights) -> None:
    np.testing.assert_array_equal(_floats(read.embedding), _floats(written.embedding))
    np.testing.assert_array_equal(read.final_norm, written.final_norm)
    assert (read.head is None) == (written.head is None)
    if read.head is not None and written.head is not None:
        np.testing.assert_array_equal(_floats(read.head), _floats(written.head))
    for mine, theirs in zip(read.layers, written.layers, strict=True):
        for name in ("attention_norm", "qkv", "output", "feed_forward_norm", "gate_up", "down", "qkv_bias"):
            got, expected = getattr(mine, name), getattr(theirs, name)
            if expected is None:
                assert got is None
            else:
                np.testing.assert_array_equal(_floats(got), _floats(expected), err_msg=name)


def _as_computed(layer: Layer) -> Layer:
    """With offsets as their sum columns keep them: rounded like every other column."""

    def rounded(matrix: Matrix) -> Blocks:
        assert isinstance(matrix, Blocks) and matrix.offsets is not None
        columns = matrix.shape[1]
        missing = -matrix.offsets.shape[1] % matrix.block
        extra = quantise(np.pad(matrix.offsets * matrix.block, ((0, 0), (0, missing))), matrix.bits, matrix.block)
        means = extra.dequantised()[:, : columns // matrix.block]
        return replace(matrix, offsets=means / np.float32(matrix.block))

    return replace(layer, qkv=rounded(layer.qkv), down=rounded(layer.down))


def _floats(matrix: Matrix) -> Array:
    return matrix.dequantised() if isinstance(matrix, Blocks) else matrix


def _symmetric_8_bits(values: Matrix) -> Blocks:
    assert not isinstance(values, Blocks)
    blocks = values.reshape(len(values), -1, 32)
    scales = np.abs(blocks).max(axis=-1) / np.float32(127)
    codes = (np.rint(blocks / scales[..., None]) + 128).astype(np.uint8)
    return Blocks(8, 32, codes.reshape(values.shape), scales)
