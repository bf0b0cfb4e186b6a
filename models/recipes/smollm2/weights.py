"""From a Llama-like GGUF file with Q4_1 matrices to the weights of a decoder graph, as faithfully as int4 allows.

Q4_1 stores scale and minimum per 32 weights; ONNX Runtime's fast int4 product wants whole-numbered zero points.
Rounding them costs much (perplexity 15.7 -> 18.7 on our texts), so what the rounding leaves is kept as an offset per
block, which the graph adds through the means of the input's blocks: only the offsets themselves are rounded. That costs
two small steps per input; the two matrices of a layer whose inputs serve them alone are kept in 8 bits instead, which
needs no offsets and is faster (decode by 8 %, prefill by 4 %).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from models.convert.decoder.network import Network
from models.convert.decoder.weights import Blocks, Layer, Weights
from models.convert.gguf import Q41, GgufFile

_BLOCK = 32
# llama.cpp's name for each of ours, inside a layer.
_QKV = ("attn_q", "attn_k", "attn_v")
_GATE_UP = ("ffn_gate", "ffn_up")


def network_of(metadata: dict[str, Any]) -> Network:
    """The network that a GGUF file of architecture "llama" describes. Raises ValueError for another architecture."""
    if metadata["general.architecture"] != "llama":
        raise ValueError(f"a GGUF file of architecture {metadata['general.architecture']} is not read")
    heads = metadata["llama.attention.head_count"]
    hidden = metadata["llama.embedding_length"]
    return Network(
        layers=metadata["llama.block_count"],
        hidden=hidden,
        heads=heads,
        kv_heads=metadata["llama.attention.head_count_kv"],
        head_size=hidden // heads,
        feed_forward=metadata["llama.feed_forward_length"],
        vocabulary=metadata["llama.vocab_size"],
        context_tokens=metadata["llama.context_length"],
        rope_theta=metadata["llama.rope.freq_base"],
        norm_epsilon=round(metadata["llama.attention.layer_norm_rms_epsilon"], 9),
    )


def weights_of(file: GgufFile, network: Network) -> Weights:
    """The weights, layer by layer as they are asked for."""
    codes, scales = file.q8_0("token_embd.weight")
    embedding = Blocks(8, _BLOCK, (codes.astype(np.int16) + 128).astype(np.uint8), scales)
    return Weights(embedding, _layers(file, network), file.array("output_norm.weight"))


def four_bits(matrix: Q41) -> Blocks:
    """The same codes and scales; whole-numbered zero points, and as offsets what their rounding leaves."""
    _refuse_flat_blocks(matrix)
    zero_points = np.clip(np.rint(-matrix.minimums / matrix.scales), 0, 15)
    offsets = matrix.minimums + matrix.scales * zero_points
    return Blocks(4, _BLOCK, matrix.codes, matrix.scales, zero_points.astype(np.uint8), offsets.astype(np.float32))


def eight_bits(matrix: Q41) -> Blocks:
    """Codes times 16: a zero point then has steps of a sixteenth, which is exact enough to need no offsets."""
    _refuse_flat_blocks(matrix)
    zero_points = np.rint(-16 * matrix.minimums / matrix.scales)
    if zero_points.min() < 0 or zero_points.max() > 255:
        raise ValueError("a block lies wholly on one side of zero; it cannot be kept in 8 bits")
    return Blocks(8, _BLOCK, matrix.codes * np.uint8(16), matrix.scales / np.float32(16), zero_points.astype(np.uint8))


def _layers(file: GgufFile, network: Network) -> Iterator[Layer]:
    for index in range(network.layers):
        q, k, v = (file.q4_1(f"blk.{index}.{name}.weight") for name in _QKV)
        q = q.take(_half_split(network.heads, network.head_size))
        k = k.take(_half_split(network.kv_heads, network.head_size))
        yield Layer(
            attention_norm=file.array(f"blk.{index}.attn_norm.weight"),
            qkv=four_bits(_stacked(q, k, v)),
            output=eight_bits(file.q4_1(f"blk.{index}.attn_output.weight")),
            feed_forward_norm=file.array(f"blk.{index}.ffn_norm.weight"),
            gate_up=four_bits(_stacked(*(file.q4_1(f"blk.{index}.{name}.weight") for name in _GATE_UP))),
            down=eight_bits(file.q4_1(f"blk.{index}.ffn_down.weight")),
        )


def _half_split(heads: int, head_size: int) -> npt.NDArray[np.intp]:
    """Rows in the order of rotary pairs (i, i + half); llama.cpp stores them as (2 i, 2 i + 1)."""
    return np.arange(heads * head_size).reshape(heads, head_size // 2, 2).swapaxes(1, 2).reshape(-1)


def _stacked(*parts: Q41) -> Q41:
    return Q41(
        np.concatenate([part.codes for part in parts]),
        np.concatenate([part.scales for part in parts]),
        np.concatenate([part.minimums for part in parts]),
    )


def _refuse_flat_blocks(matrix: Q41) -> None:
    if not matrix.scales.all():
        raise ValueError("a block of equal weights has no scale; it cannot be kept as codes")
