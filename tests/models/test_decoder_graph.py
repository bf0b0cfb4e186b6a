"""The graph computes what the network is: against plain numpy, whole and step by step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from models.convert.decoder.graph import GraphOptions, write_decoder
from models.convert.decoder.network import Network
from models.convert.decoder.weights import Blocks, Layer, Weights, pack, quantise
from rag_core.types import FloatArray
from tests.models import reference
from tests.models.tiny_llm import GEMMA_LIKE, QWEN_LIKE, random_weights

TOKENS = [5, 77, 300, 4, 4, 19, 250, 101, 3]
LLAMA_LIKE = replace(QWEN_LIKE, qkv_bias=False, heads=2, kv_heads=2, head_size=32, rotary_size=16)


def _session(path: Path) -> Any:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def _run(session: Any, network: Network, tokens: list[int], past: dict[str, FloatArray]) -> tuple[FloatArray, Any]:
    length = next(iter(past.values())).shape[2] if past else 0
    feeds: dict[str, Any] = {
        "input_ids": np.array([tokens], np.int64),
        "attention_mask": np.ones((1, length + len(tokens)), np.int64),
    }
    empty = np.zeros((1, network.kv_heads, 0, network.head_size), np.float32)
    names = [f"{layer}.{kind}" for layer in range(network.layers) for kind in ("key", "value")]
    feeds |= {f"past_key_values.{name}": past.get(name, empty) for name in names}
    logits, *present = session.run(["logits", *(f"present.{name}" for name in names)], feeds)
    return logits[0], dict(zip(names, present, strict=True))


@pytest.mark.parametrize("network", [LLAMA_LIKE, QWEN_LIKE, GEMMA_LIKE], ids=["llama", "qwen", "gemma"])
def test_float_graph_equals_the_reference(network: Network, tmp_path: Path) -> None:
    weights = random_weights(network)
    write_decoder(network, weights, tmp_path / "model.onnx", GraphOptions(all_logits=True))
    got, _ = _run(_session(tmp_path / "model.onnx"), network, TOKENS, {})
    np.testing.assert_allclose(got, reference.logits(network, weights, TOKENS), atol=2e-4)


def test_step_by_step_equals_all_at_once(tmp_path: Path) -> None:
    network = QWEN_LIKE
    weights = random_weights(network)
    write_decoder(network, weights, tmp_path / "model.onnx")
    session = _session(tmp_path / "model.onnx")
    past: dict[str, FloatArray] = {}
    for part in (TOKENS[:4], TOKENS[4:8], TOKENS[8:]):
        got, past = _run(session, network, part, past)
    np.testing.assert_allclose(got[-1], reference.logits(network, weights, TOKENS)[-1], atol=2e-4)


@pytest.mark.parametrize("bits", [4, 8])
def test_quantised_graph_equals_the_dequantised_reference(bits: int, tmp_path: Path) -> None:
    network = GEMMA_LIKE
    weights = random_weights(network, bits)
    write_decoder(network, weights, tmp_path / "model.onnx", GraphOptions(all_logits=True, accuracy_level=1))
    got, _ = _run(_session(tmp_path / "model.onnx"), network, TOKENS, {})
    np.testing.assert_allclose(got, reference.logits(network, weights, TOKENS), atol=2e-3)


def test_offsets_survive_as_columns_of_block_means(tmp_path: Path) -> None:
    network = replace(GEMMA_LIKE, feed_forward=1056)  # 33 blocks: their means fill more than one block of columns
    weights = random_weights(network, 4)
    generator = np.random.default_rng(1)

    def shifted(blocks: Blocks) -> Blocks:
        shifts = generator.uniform(-0.5, 0.5, blocks.scales.shape).astype(np.float32)
        return replace(blocks, offsets=blocks.scales * shifts)

    def with_offsets(layer: Layer) -> Layer:
        parts = {name: getattr(layer, name) for name in ("qkv", "output", "gate_up", "down")}
        changed: dict[str, Any] = {name: shifted(part) for name, part in parts.items()}
        return replace(layer, **changed)

    shifted_weights = replace(weights, layers=[with_offsets(layer) for layer in weights.layers])
    write_decoder(network, shifted_weights, tmp_path / "model.onnx", GraphOptions(all_logits=True, accuracy_level=1))
    got, _ = _run(_session(tmp_path / "model.onnx"), network, TOKENS, {})
    expected = reference.logits(network, shifted_weights, TOKENS)
    ignored = reference.logits(network, weights, TOKENS)
    error = np.abs(got - expected).mean()
    assert error < 0.05 * np.abs(ignored - expected).mean()


def test_an_embedding_in_8_bits_is_shared_with_the_output_matrix(tmp_path: Path) -> None:
    network = GEMMA_LIKE
    plain = random_weights(network)
    assert isinstance(plain.embedding, np.ndarray)
    embedding = _symmetric_8_bits(plain.embedding)
    weights = Weights(embedding, plain.layers, plain.final_norm)
    write_decoder(network, weights, tmp_path / "model.onnx", GraphOptions(all_logits=True, accuracy_level=1))
    got, _ = _run(_session(tmp_path / "model.onnx"), network, TOKENS, {})
    np.testing.assert_allclose(got, reference.logits(network, weights, TOKENS), atol=2e-3)
    stored = onnx.load(tmp_path / "model.onnx", load_external_data=False).graph.initializer
    whole_tables = [tensor.name for tensor in stored if network.vocabulary in tensor.dims and len(tensor.dims) == 3]
    assert whole_tables == ["embedding.codes"]


def test_quantise_keeps_every_weight_within_half_a_step() -> None:
    values = np.random.default_rng(0).standard_normal((8, 64)).astype(np.float32)
    blocks = quantise(values, 4, 32)
    steps = np.repeat(blocks.scales, 32, axis=1)
    assert (np.abs(blocks.dequantised() - values) <= steps * 1.01).all()


def test_packing_puts_the_first_code_into_the_low_half() -> None:
    assert pack(np.array([[1, 2, 3]], np.uint8), 4).tolist() == [[0x21, 0x03]]


def test_layers_that_are_missing_are_noticed(tmp_path: Path) -> None:
    weights = random_weights(QWEN_LIKE)
    with pytest.raises(ValueError, match="3 layers"):
        write_decoder(replace(QWEN_LIKE, layers=3), weights, tmp_path / "model.onnx")


def _symmetric_8_bits(values: FloatArray) -> Blocks:
    rows, columns = values.shape
    blocks = values.reshape(rows, columns // 32, 32)
    scales = np.abs(blocks).max(axis=-1) / np.float32(127)
    codes = np.rint(blocks / scales[..., None]) + 128
    return Blocks(8, 32, codes.reshape(rows, columns).astype(np.uint8), scales)
