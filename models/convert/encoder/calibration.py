"""See what the network's values look like on real text, to smooth and round it well."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from models.convert.encoder.graph import Float32, matrix_inputs, write_encoder
from models.convert.encoder.network import Network, Weights
from models.convert.encoder.quantise import Float64Array
from models.convert.encoder.smoothing import Range, smooth
from rag_core.runtime.tokenizer import PackTokenizer, TokenIds
from rag_core.types import FloatArray

# What offices write, long and short, tidy and untidy; written for this purpose.
TEXTS: tuple[str, ...] = tuple(json.loads(Path(__file__).with_name("calibration_texts.json").read_bytes()))
PIECE_TOKENS = 120
_DRAWN_TOKENS = (4, 10, 30, 60, 120) * 8


def calibrate(network: Network, weights: Weights, texts: Sequence[TokenIds]) -> tuple[Weights, dict[str, Float64Array]]:
    """The smoothed weights, and the second moments of every matrix's input in the smoothed network, by its name.

    A text (ids with special tokens) counts the same whatever its length, because questions are short and their first
    and last tokens are unlike all others.
    """
    names = matrix_inputs(network)
    ranges: dict[str, Range] = {}
    for values in _captured(network, weights, names, texts):
        for name, value in zip(names, values, strict=True):
            seen = Range(value.min(axis=0), value.max(axis=0))
            ranges[name] = seen.joined(ranges.get(name, seen))
    smoothed = smooth(weights, ranges)
    rows: dict[str, list[FloatArray]] = {name: [] for name in names}
    for values in _captured(network, smoothed, names, texts):
        for name, value in zip(names, values, strict=True):
            rows[name].append(value / np.float32(np.sqrt(len(value))))
    return smoothed, {name: _second_moment(rows.pop(name)) for name in names}


def _second_moment(rows: list[FloatArray]) -> Float64Array:
    stacked = np.concatenate(rows)
    return (stacked.T @ stacked).astype(np.float64)


def embedder_texts(tokenizer: PackTokenizer, text: str, most_tokens: int = PIECE_TOKENS) -> Iterator[TokenIds]:
    """What an embedder is calibrated on: `TEXTS`, pieces of `text` (some pages), seeded random words."""
    yield from tokenizer.encode_batch(TEXTS, most_tokens)
    spans = tokenizer.token_spans(text)
    pieces = [spans[at : at + most_tokens] for at in range(0, len(spans), most_tokens)]
    yield from tokenizer.encode_batch([text[piece[0][0] : piece[-1][1]] for piece in pieces], most_tokens)
    words = [token for token in tokenizer.vocabulary() if token.isalpha() and token.isascii()]
    draw = random.Random(0)
    yield from tokenizer.encode_batch([" ".join(draw.choices(words, k=size)) for size in _DRAWN_TOKENS], most_tokens)


def _captured(
    network: Network, weights: Weights, names: Sequence[str], texts: Sequence[TokenIds]
) -> Iterator[list[FloatArray]]:
    """For every text, the values (tokens, channels) of every name."""
    import onnxruntime

    model = write_encoder(network, weights, Float32(), names).SerializeToString()
    session = onnxruntime.InferenceSession(
        model, providers=["CPUExecutionProvider"], disabled_optimizers=["SkipLayerNormFusion"]
    )
    for ids in texts:
        yield [value[0] for value in session.run(list(names), {"input_ids": ids[None]})]
