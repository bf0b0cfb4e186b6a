"""Opens a pack's embedder where a person wants it, as far as this machine can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from rag_core.embed.backend import EncoderBackend, EncoderTokens, gathered
from rag_core.embed.description import read_spec
from rag_core.embed.encoder import Encoder
from rag_core.embed.proof import disagreement
from rag_core.embed.static_encoder import StaticEncoder
from rag_core.embed.unpadded_encoder import UnpaddedEncoder
from rag_core.messages import Message, say
from rag_core.runtime.npu.static import STATIC
from rag_core.runtime.pack import Pack
from rag_core.runtime.placement import Placement
from rag_core.runtime.places import Place, Places, own_places
from rag_core.runtime.proven import open_proven
from rag_core.runtime.session import Session
from rag_core.runtime.tokenizer import PackTokenizer
from rag_core.types import FloatArray


def encoder_of(pack: Pack, places: Places | Callable[[], Places], graph: str = "") -> Encoder:
    """The embedder of `pack`, to be opened at one of `places` when it is first needed, and proven there on the pack's
    canonical texts. `graph` demands one graph by name. Raises PackCorrupt.
    """
    spec = read_spec(pack)
    tokens = EncoderTokens(spec, PackTokenizer(pack.path_of(spec.tokenizer)))
    return Encoder(pack, tokens, Placement(places, partial(_open_at, source=pack, tokens=tokens, graph=graph)))


def open_encoder(pack: Pack, places: Places | None = None, *, threads: int = 0, graph: str = "") -> Encoder:
    """The same, opened; without `places` where its own graphs run. Raises what `Placement.opened` does."""
    encoder = encoder_of(pack, places or own_places(pack, threads), graph)
    encoder.placement.opened()
    return encoder


def _open_at(place: Place, source: Pack, tokens: EncoderTokens, graph: str) -> EncoderBackend:
    if STATIC in place.pack.manifest.spec:
        static = StaticEncoder(place, source, tokens)
        static.open_smallest()
        return static

    def make(session: Session, reason: Message) -> UnpaddedEncoder:
        return UnpaddedEncoder(tokens.spec, session, place.threads, reason)

    def complaint_about(encoder: UnpaddedEncoder, name: str) -> Message:
        def encode(texts: Sequence[str]) -> FloatArray:
            batches = encoder.batches(tokens.of(texts, "passage"), "burst", None)
            return gathered(batches, len(texts), tokens.spec.dim)

        return disagreement(source.manifest.canonical, name, encode)

    return open_proven(place, say("word-embedder"), make, complaint_about, graph)
