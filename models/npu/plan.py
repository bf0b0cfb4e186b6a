"""Which graphs of fixed shapes each chip gets, as data, and what it takes to compile them.

Encoders: (texts, tokens); one text at a time for questions, several for indexing. Readers: likewise, several passages
at a time for a question; a sentence that is checked comes with few. Decoders: (tokens, cache); a prompt
is read in chunks, then each step gives a token, against a cache that grows by doubling. The emulator gets few: it
shares no weights between graphs, and is slow. Where a machine has too little room for all graphs, it gets fewer.

The compiler keeps every graph in memory until the weights that they share are written. Measured at the peak, with
weights of W bytes and n graphs: all-MiniLM-L6-v2 (W 45 MB) 400 MB unshared, 601, 915 and 1,469 MB for 2, 4 and 6 graphs
that share; SmolLM2-135M (W 269 MB) 1,400 MB unshared, 2,505 and 8,793 MB for 2 and 8 that share. That is 300 MB + 4.5 W
at most, with W times n where they share. (`alcove packs compile`, then `peak_memory_bytes` in the manifest.)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rag_core.runtime.npu.static import STATIC
from rag_core.runtime.npu.targets import EMULATOR, Target
from rag_core.runtime.pack import Pack

Shape = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Plan:
    buckets: tuple[Shape, ...]
    pairs: tuple[Shape, ...]
    windows: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Needs:
    """What preparing takes at its peak."""

    disk_bytes: int
    memory_bytes: int

    def fit(self, room: Needs) -> bool:
        return self.disk_bytes <= room.disk_bytes and self.memory_bytes <= room.memory_bytes


@dataclass(frozen=True, slots=True)
class Chosen:
    """The graphs to compile; none for a pack that brings its own."""

    shapes: tuple[Shape, ...]
    needs: Needs


def _windows(*caches: int) -> tuple[Shape, ...]:
    return tuple((tokens, cache) for cache in caches for tokens in (_CHUNK, 1))


_CHUNK = 128
# Best first; the next where there is too little room for it.
CHIPS = (
    Plan(
        buckets=((1, 32), (1, 64), (1, 128), (1, 256), (1, 512), (4, 128), (4, 256), (4, 512)),
        pairs=((1, 128), (1, 256), (4, 128), (4, 256), (1, 512), (4, 512)),
        windows=_windows(512, 1024, 2048, 4096),
    ),
    Plan(
        buckets=((1, 64), (1, 256), (1, 512), (4, 256), (4, 512)),
        pairs=((1, 256), (4, 256), (1, 512), (4, 512)),
        windows=_windows(1024, 4096),
    ),
    Plan(buckets=((1, 64), (1, 256), (1, 512)), pairs=((1, 256), (1, 512)), windows=_windows(2048)),
)
PLANS = {
    EMULATOR.id: (
        Plan(buckets=((1, 32), (1, 128), (1, 256)), pairs=((1, 128), (1, 256)), windows=((64, 512), (1, 512))),
    )
}

_BYTES_PER_WEIGHT = 2  # float16
_PEAK_PER_WEIGHT = 4.5
_PROCESS_BYTES = 300_000_000
_GRAPH_BYTES = 8_000_000  # of a binary, what is the graph and not its weights


def plan_for(source: Pack, target: Target, room: Needs) -> Chosen:
    """The best that fits into `room`; where nothing does, the one that needs least."""
    if STATIC in source.manifest.spec:
        return Chosen((), _needs(source, target, len(source.manifest.graphs)))
    plans = PLANS.get(target.id, CHIPS)
    chosen = [Chosen(shapes, _needs(source, target, len(shapes))) for shapes in (_shapes(source, p) for p in plans)]
    return next((choice for choice in chosen if choice.needs.fit(room)), chosen[-1])


def _shapes(source: Pack, plan: Plan) -> tuple[Shape, ...]:
    """As far as the model's own limits go."""
    spec = source.manifest.spec
    if source.manifest.role == "llm":
        limit = int(spec["context_tokens"])
        return _distinct((tokens, min(cache, limit)) for tokens, cache in plan.windows if tokens <= limit)
    limit = int(spec["max_tokens"])
    shapes = plan.pairs if source.manifest.role == "reader" else plan.buckets
    return _distinct((texts, min(tokens, limit)) for texts, tokens in shapes)


def _needs(source: Pack, target: Target, graphs: int) -> Needs:
    """On the disk: static graphs with their weights and an embedding table, then the binaries. Several texts at a time
    and one have their weights laid out differently, so a shared binary may have them twice.
    """
    weights = weight_bytes(source)
    shares = target.shares_weights and graphs > 1
    binaries = (min(graphs, 2) if shares else graphs) * weights
    at_once = graphs if shares else 1
    return Needs(
        disk_bytes=2 * weights + binaries + graphs * _GRAPH_BYTES,
        memory_bytes=int(_PROCESS_BYTES + _PEAK_PER_WEIGHT * weights * at_once),
    )


def weight_bytes(source: Pack) -> int:
    """Of the weights as static graphs keep them."""
    spec, manifest = source.manifest.spec, source.manifest
    if STATIC in spec:
        return manifest.bytes
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
