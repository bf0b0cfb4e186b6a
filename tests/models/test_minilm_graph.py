"""The embedder's graphs compute BERT, and what is done to them for 8 bits does not change that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.convert.encoder.calibration import calibrate, embedder_texts
from models.convert.encoder.graph import Float32, matrix_inputs, write_encoder
from models.convert.encoder.network import Network, weights_from
from models.convert.encoder.quantise import Int8, quantise
from rag_core.runtime.tokenizer import PackTokenizer
from rag_core.types import FloatArray
from tests.models.tiny_minilm import NETWORK, random_tensors, random_weights, reference, tokenizer

TEXTS = ([2, 4, 5, 6, 7, 8, 9, 3], [2, 3], [2, *range(10, 40), 3])


def _vectors(model: Any) -> FloatArray:
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(["vectors"], {"input_ids": np.array([ids])})[0] for ids in TEXTS])


def test_the_fp32_graph_computes_bert() -> None:
    wanted = [reference(random_tensors(), list(ids)) for ids in TEXTS]
    np.testing.assert_allclose(_vectors(write_encoder(NETWORK, random_weights(), Float32())), wanted, atol=1e-5)


def test_smoothing_changes_nothing_in_exact_arithmetic_and_much_in_8_bits(tmp_path: Path) -> None:
    tensors = random_tensors()
    # A channel far above the others, taken up by small weights, costs the others their precision in 8 bits.
    for layer in range(NETWORK.layers):
        tensors[f"encoder.layer.{layer}.intermediate.dense.weight"][5] *= 60
        tensors[f"encoder.layer.{layer}.output.dense.weight"][:, 5] /= 60
    weights = weights_from(tensors, NETWORK)
    tokenizer().save(str(tmp_path / "tokenizer.json"))
    words = PackTokenizer(tmp_path / "tokenizer.json")
    smoothed, moments = calibrate(NETWORK, weights, list(embedder_texts(words, "what is the notice?", 40)))

    exact = _vectors(write_encoder(NETWORK, weights, Float32()))
    np.testing.assert_allclose(_vectors(write_encoder(NETWORK, smoothed, Float32())), exact, atol=1e-4)
    plain = np.sum(_vectors(write_encoder(NETWORK, weights, Int8())) * exact, axis=1).min()
    better = np.sum(_vectors(write_encoder(NETWORK, smoothed, Int8(moments))) * exact, axis=1).min()
    assert 1 - better < (1 - plain) / 2


def test_rounding_with_second_moments_is_closer_where_the_inputs_lie() -> None:
    draw = np.random.default_rng(3)
    weight = draw.normal(size=(24, 160)).astype(np.float32)
    inputs = draw.normal(size=(500, 20)) @ draw.normal(size=(20, 160))
    wanted = inputs @ weight.T

    def error(small: Any, scales: FloatArray) -> float:
        return float(np.linalg.norm(inputs @ (small * scales[:, None]).T - wanted) / np.linalg.norm(wanted))

    assert error(*quantise(weight, inputs.T @ inputs)) < error(*quantise(weight)) / 2


def test_no_pair_of_products_can_overflow_16_bits() -> None:
    small, _ = quantise(np.random.default_rng(0).normal(size=(8, 256)).astype(np.float32) * 100)
    assert 2 * 255 * int(np.abs(small.astype(int)).max()) < 2**15


def test_every_input_of_a_matrix_can_be_captured() -> None:
    names = matrix_inputs(NETWORK)
    model = write_encoder(NETWORK, random_weights(), Float32(), names)
    assert [output.name for output in model.graph.output] == ["vectors", *names]


def test_another_network_is_refused() -> None:
    with pytest.raises(ValueError, match="modernbert"):
        Network.from_config({"model_type": "modernbert", "hidden_act": "gelu"})
