"""A decoder in plain numpy, to hold the graphs against. Straight from the papers; slow, and meant to be."""

from __future__ import annotations

import numpy as np

from models.convert.decoder.network import Network
from models.convert.decoder.weights import Blocks, Layer, Matrix, Weights
from rag_core.types import FloatArray


def logits(network: Network, weights: Weights, tokens: list[int]) -> FloatArray:
    """Logits after each of `tokens`, shape (len(tokens), vocabulary)."""
    embedding = _floats(weights.embedding)
    hidden = embedding[tokens] * np.float32(network.embedding_scale)
    for layer in weights.layers:
        hidden = hidden + _attention(network, layer, _norm(hidden, layer.attention_norm, network.norm_epsilon))
        hidden = hidden + _feed_forward(network, layer, _norm(hidden, layer.feed_forward_norm, network.norm_epsilon))
    head = embedding if weights.head is None else _floats(weights.head)
    result: FloatArray = _norm(hidden, weights.final_norm, network.norm_epsilon) @ head.T
    return result


def _floats(matrix: Matrix) -> FloatArray:
    return matrix.dequantised() if isinstance(matrix, Blocks) else matrix


def _norm(hidden: FloatArray, weight: FloatArray, epsilon: float) -> FloatArray:
    result: FloatArray = hidden / np.sqrt((hidden**2).mean(axis=-1, keepdims=True) + epsilon) * weight
    return result


def _attention(network: Network, layer: Layer, hidden: FloatArray) -> FloatArray:
    qkv = hidden @ _floats(layer.qkv).T
    if layer.qkv_bias is not None:
        qkv = qkv + layer.qkv_bias
    count, size = len(hidden), network.head_size
    q, k, v = np.split(qkv, [network.q_size, network.q_size + network.kv_size], axis=1)
    q, k = (_rotate(network, x.reshape(count, -1, size)) for x in (q, k))
    v = v.reshape(count, -1, size)
    share = network.heads // network.kv_heads
    k, v = np.repeat(k, share, axis=1), np.repeat(v, share, axis=1)
    scores = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(size)
    scores = np.where(np.tril(np.ones((count, count), bool)), scores, -np.inf)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    mixed = np.einsum("hqk,khd->qhd", shares / shares.sum(axis=-1, keepdims=True), v)
    result: FloatArray = mixed.reshape(count, -1) @ _floats(layer.output).T
    return result


def _rotate(network: Network, heads: FloatArray) -> FloatArray:
    half = network.rotary // 2
    angles = np.outer(np.arange(len(heads)), network.rope_theta ** (-np.arange(half) / half))
    cosines, sines = np.cos(angles)[:, None], np.sin(angles)[:, None]
    first, second, rest = heads[..., :half], heads[..., half : 2 * half], heads[..., 2 * half :]
    return np.concatenate([first * cosines - second * sines, second * cosines + first * sines, rest], axis=-1)


def _feed_forward(network: Network, layer: Layer, hidden: FloatArray) -> FloatArray:
    gate, up = np.split(hidden @ _floats(layer.gate_up).T, 2, axis=1)
    if network.activation == "silu":
        gate = gate / (1 + np.exp(-gate))
    else:
        gate = 0.5 * gate * (1 + np.tanh(np.sqrt(2 / np.pi) * (gate + 0.044715 * gate**3)))
    result: FloatArray = (gate * up) @ _floats(layer.down).T
    return result
