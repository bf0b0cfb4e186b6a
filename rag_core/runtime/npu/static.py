"""Graphs of fixed shapes, as accelerators want them: what they take and give, and which there are.

A *static pack* holds such graphs as plain ONNX; a *context pack* holds the same graphs compiled for one chip. Both
describe them in `Manifest.spec["static"]`, so what runs one runs the other. The tensors are:

Encoder, per bucket of B texts and T tokens: `input_ids` int32 (B, T), `mask` float (B, T), 1 for a token and 0 for
padding; `vectors` (B, dim), of unit length.

Reader, per bucket: `input_ids` and `mask` likewise; `judged` (B, 2) and `spans` (B, T, 2), logits as in
`rag_core.read.description`. What `spans` says of padding means nothing.

Decoder, per window of S tokens against a cache of C: `embedded` (1, S, hidden), rows of the embedding table; `cos` and
`sin` (1, 1, S, rotary / 2) of their positions; `mask` (1, 1, 1, S, C + S), added to the scores: 0, or -1e4 where a
token must not look; `last` int32 (1,), the row whose logits are wanted (absent where S is 1); per layer N
`past.N.key` (1, kv_heads, head_size, C) and `past.N.value` (1, kv_heads, C, head_size). Out come `logits`
(1, 1, vocabulary), `new.N.key` (1, kv_heads, head_size, S) and `new.N.value` (1, kv_heads, S, head_size): the caller
writes them into its cache, which is never copied.

Floats are what the graph says they are (float16 or float32).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from rag_core.errors import PackCorrupt
from rag_core.messages import say
from rag_core.runtime.pack import Pack

Shapes = TypeVar("Shapes")

STATIC = "static"
RECIPE = "2"  # of what writes such graphs: another one makes what was compiled from them out of date
MASKED = -1e4  # far below every score, and still a float16


@dataclass(frozen=True, slots=True)
class Bucket:
    """An encoder's or a reader's graph for `batch` texts of up to `tokens` tokens."""

    graph: str
    batch: int
    tokens: int


@dataclass(frozen=True, slots=True)
class DecoderWindow:
    """A decoder graph that reads `tokens` at a time (1: a step) against a cache of `cache` tokens."""

    graph: str
    tokens: int
    cache: int


@dataclass(frozen=True, slots=True)
class EncoderShapes:
    """`pooled` graphs give unit vectors, of `dim` values."""

    dim: int
    buckets: tuple[Bucket, ...]


@dataclass(frozen=True, slots=True)
class ReaderShapes:
    buckets: tuple[Bucket, ...]


@dataclass(frozen=True, slots=True)
class DecoderShapes:
    """`embedding` is a .npy file of the pack, (vocabulary, hidden), which is looked up outside of the graph: on a chip
    it would be kept twice. It is multiplied by `embedding_scale` already. `context_tokens` is the model's own limit.
    """

    layers: int
    hidden: int
    kv_heads: int
    head_size: int
    rotary: int
    rope_theta: float
    vocabulary: int
    context_tokens: int
    embedding: str
    windows: tuple[DecoderWindow, ...]


def encoder_shapes(pack: Pack) -> EncoderShapes:
    """As the pack describes them. Raises PackCorrupt where it does not."""
    return _read(pack, lambda stored: EncoderShapes(int(stored["dim"]), _buckets(stored)))


def reader_shapes(pack: Pack) -> ReaderShapes:
    """As the pack describes them. Raises PackCorrupt where it does not."""
    return _read(pack, lambda stored: ReaderShapes(_buckets(stored)))


def decoder_shapes(pack: Pack) -> DecoderShapes:
    """As the pack describes them. Raises PackCorrupt where it does not."""

    def make(stored: dict[str, Any]) -> DecoderShapes:
        return DecoderShapes(**(stored | {"windows": tuple(DecoderWindow(**window) for window in stored["windows"])}))

    return _read(pack, make)


def _buckets(stored: dict[str, Any]) -> tuple[Bucket, ...]:
    return tuple(Bucket(**bucket) for bucket in stored["buckets"])


def _read(pack: Pack, make: Callable[[dict[str, Any]], Shapes]) -> Shapes:
    stored = pack.manifest.spec.get(STATIC)
    if not isinstance(stored, dict):
        raise PackCorrupt(say("no-fixed-shapes", pack=pack.id), say("prepare-for-npu-again"))
    try:
        return make(stored)
    except (KeyError, TypeError, ValueError) as error:
        damage = say("fixed-shapes-damaged", pack=pack.id, error=str(error))
        raise PackCorrupt(damage, say("prepare-for-npu-again")) from error
