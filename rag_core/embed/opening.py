"""Opens a pack's embedder where a person wants it, as far as this machine can."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import partial

from rag_core.embed.bi_encoder import open_encoder as open_by_itself
from rag_core.embed.description import read_spec
from rag_core.embed.encoder import Encoder
from rag_core.embed.fallback import FallbackEncoder
from rag_core.embed.static_encoder import StaticEncoder
from rag_core.runtime.choice import Place, Surroundings, choose
from rag_core.runtime.devices import CPU
from rag_core.runtime.pack import Pack
from rag_core.runtime.session import Session, open_on
from rag_core.runtime.spots import Spot
from rag_core.runtime.static import STATIC
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
    spots = [
        Spot(
            place.device.name,
            partial(_open_at, place, pack, tokenizer, threads, preference, around),
            partial(around.breaker.failed, place.device.provider, STAGE),
        )
        for place in choice.places
    ]
    return FallbackEncoder(pack, tokenizer, spots, preference, choice.reason)


def _open_at(
    place: Place, pack: Pack, tokenizer: PackTokenizer, threads: int, preference: str, around: Surroundings
) -> Encoder:
    if STATIC not in place.pack.manifest.spec:
        return open_by_itself(place.pack, threads, place.device.provider)
    provider = place.device.provider

    def at_work(graph: str) -> AbstractContextManager[object]:
        return nullcontext() if provider == CPU else around.breaker.at_work(provider, STAGE, graph)

    def open_graph(name: str) -> Session:
        return open_on(place.pack, name, place.device, target=place.target, threads=threads)

    encoder = StaticEncoder(pack, place.pack, tokenizer, open_graph, provider, preference, at_work)
    encoder.open_smallest()
    return encoder
