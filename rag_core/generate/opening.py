"""Put a generator together: tokenizer and chat template from the pack, a decoder from where it may run."""

from __future__ import annotations

from functools import partial

from rag_core.errors import ProviderUnavailable
from rag_core.generate.chat import ChatTokenizer
from rag_core.generate.genai_decoder import GenaiDecoder
from rag_core.generate.genai_runtime import PIPELINE
from rag_core.generate.placed_decoder import PlacedDecoder
from rag_core.generate.static_decoder import StaticTokenDecoder
from rag_core.generate.token_decoder import TokenDecoder
from rag_core.generate.writer import WritingGenerator
from rag_core.runtime.choice import Place, Surroundings, choose
from rag_core.runtime.devices import plain_name, providers_for
from rag_core.runtime.npu.static import STATIC
from rag_core.runtime.pack import Pack
from rag_core.runtime.spots import Spot, at_work_at, graphs_at, spots_of

STAGE = "generate"


def open_by_itself(pack: Pack, threads: int = 0) -> WritingGenerator:
    """What onnxruntime-genai makes of the pack, opened at once: on the CPU, or where the pack's own graphs must run."""
    decoder = GenaiDecoder(pack, threads)
    return WritingGenerator(pack, ChatTokenizer(pack), decoder)


def open_where_wanted(pack: Pack, threads: int, preference: str, around: Surroundings | None) -> WritingGenerator:
    """At the best place that `preference` allows and that works, and on to the next one where that fails."""
    if PIPELINE in pack.manifest.spec or around is None:
        _check_demand(pack, preference)
        return open_by_itself(pack, threads)
    choice = choose(STAGE, pack, preference, around)
    spots: list[Spot[TokenDecoder]] = spots_of(choice, STAGE, around, partial(_open_at, threads=threads, around=around))
    chat = ChatTokenizer(pack)
    return WritingGenerator(pack, chat, PlacedDecoder(spots, choice.reason))


def _open_at(place: Place, threads: int, around: Surroundings) -> TokenDecoder:
    if STATIC not in place.pack.manifest.spec:
        return GenaiDecoder(place.pack, threads)
    at_work = at_work_at(place, STAGE, around)
    return StaticTokenDecoder(place.pack, graphs_at(place, threads), place.device.provider, at_work=at_work)


def _check_demand(pack: Pack, preference: str) -> None:
    """The pack's own graphs run on one provider; anything but "auto" may demand another."""
    provider = pack.manifest.graphs[0].providers[0]
    if preference.lower() != "auto" and provider not in providers_for(preference):
        raise ProviderUnavailable(
            f"The model “{pack.manifest.title}” runs on {plain_name(provider)} only, not on “{preference}”.",
            "Choose “auto” as execution provider, or another language model.",
        )
