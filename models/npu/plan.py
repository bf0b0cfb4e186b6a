"""Which graphs of fixed shapes each chip gets, as data, and what it takes to compile them.

Encoders: (texts, tokens); one text at a time for questions, several for indexing. Decoders: (tokens, cache); a prompt
is read in chunks, then each step gives a token, against a cache that grows by doubling. The emulator gets few: it
shares no weights between graphs, and is slow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rag_core.runtime.pack import Pack
from rag_core.runtime.static import STATIC
from rag_core.runtime.targets import EMULATOR, Target

Shape = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Plan:
    buckets: tuple[Shape, ...]
    windows: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Needs:
    """What preparing takes at its peak."""

    disk_bytes: int
    memory_bytes: int


_CHUNK = 128
_CACHES = (512, 1024, 2048, 4096)
CHIPS = Plan(
    buckets=((1, 32), (1, 64), (1, 128), (1, 256), (1, 512), (4, 128), (4, 256), (4, 512)),
    windows=tuple((tokens, cache) for cache in _CACHES for tokens in (_CHUNK, 1)),
)
PLANS = {EMULATOR.id: Plan(buckets=((1, 32), (1, 128), (1, 256)), windows=((64, 512), (1, 512)))}

_BYTES_PER_WEIGHT = 2  # float16
_PER_GRAPH_BYTES = 8 * 1024**2  # what of a binary is the graph and not its weights
_PROCESS_BYTES = 300 * 1024**2  # Python, ONNX Runtime, and the compiler's libraries


def shapes_for(source: Pack, target: Target) -> tuple[Shape, ...]:
    """Of the graphs that `source` gets for `target`: as far as the model's own limits go."""
    plan = PLANS.get(target.id, CHIPS)
    if source.manifest.role == "llm":
        limit = int(source.manifest.spec["context_tokens"])
        return _distinct((tokens, min(cache, limit)) for tokens, cache in plan.windows if tokens <= limit)
    limit = int(source.manifest.spec["max_tokens"])
    return _distinct((texts, min(tokens, limit)) for texts, tokens in plan.buckets)


def needs_of(source: Pack, target: Target) -> Needs:
    """Measured: see `models/npu/README.md`."""
    graphs = len(source.manifest.graphs) if STATIC in source.manifest.spec else len(shapes_for(source, target))
    weights = weight_bytes(source)
    return Needs(0, 0) if not graphs else Needs(weights, weights)


def weight_bytes(source: Pack) -> int:
    """Of the weights as static graphs keep them."""
    spec, manifest = source.manifest.spec, source.manifest
    if STATIC in spec:
        return sum(file.bytes for file in manifest.files)
    if manifest.role == "llm":
        return _BYTES_PER_WEIGHT * _decoder_weights(spec["network"])
    fp32 = {path for graph in manifest.graphs if graph.precision == "fp32" for path in (graph.path, *graph.files)}
    return sum(file.bytes for file in manifest.files if file.path in fp32) // 2


def _decoder_weights(network: dict[str, int]) -> int:
    hidden, head = network["hidden"], network["head_size"]
    attention = hidden * head * (2 * network["heads"] + 2 * network["kv_heads"])
    layer = attention + 3 * hidden * network["feed_forward"]
    return network["layers"] * layer + network["vocabulary"] * hidden


def _distinct(shapes: Iterable[Shape]) -> tuple[Shape, ...]:
    return tuple(dict.fromkeys(shapes))
