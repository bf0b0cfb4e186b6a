"""Opens a pack's embedder where a person wants it, as far as this machine can."""

from __future__ import annotations

from functools import partial

from rag_core.embed.bi_encoder import open_encoder as open_by_itself
from rag_core.embed.description import read_spec
from rag_core.embed.encoder import Encoder
from rag_core.embed.fallback import FallbackEncoder
from rag_core.embed.static_encoder import StaticEncoder
from rag_core.runtime.choice import Place, Surroundings, choose
from rag_core.runtime.npu.static import STATIC
from rag_core.runtime.pack import Pack
from rag_core.runtime.spots import Spot, at_work_at, graphs_at, spots_of
from rag_core.runtime.tokenizer import PackTokenizer

STAGE = "embed"


def open_encoder(pack: Pack, threads: int = 0, preference: str = "auto", around: Surroundings | None = None) -> Encoder:
    """The embedder of `pack` where `preference` ("auto", "cpu", "npu") and what there is `around` want it.

    Without `around` (no contexts, no memory of failures) it runs the pack's own graphs. Raises ProviderUnavailable,
    PackCorrupt, DeviceFailed.
    """
    if around is None:
        return open_by_itself(pack, threads, preference)
    tokenizer = PackTokenizer(pack.path_of(read_spec(pack).tokenizer))
    choice = choose(STAGE, pack, preference, around)
    open_at = partial(_open_at, pack=pack, tokenizer=tokenizer, threads=threads, preference=preference, around=around)
    spots: list[Spot[Encoder]] = spots_of(choice, STAGE, around, open_at)
    return FallbackEncoder(pack, tokenizer, spots, preference, choice.reason)


def _open_at(
    place: Place, pack: Pack, tokenizer: PackTokenizer, threads: int, preference: str, around: Surroundings
) -> Encoder:
    if STATIC not in place.pack.manifest.spec:
        return open_by_itself(place.pack, threads, place.device.provider, tokenizer=tokenizer)
    open_graph, at_work = graphs_at(place, threads), at_work_at(place, STAGE, around)
    encoder = StaticEncoder(pack, place.pack, tokenizer, open_graph, place.device.provider, preference, at_work)
    encoder.open_smallest()
    return encoder
