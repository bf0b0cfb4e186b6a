"""Opens a pack's language model where a person wants it, as far as this machine can."""

from __future__ import annotations

from collections.abc import Callable

from rag_core.generate.backend import TokenDecoder
from rag_core.generate.chat import ChatTokenizer
from rag_core.generate.genai_decoder import GenaiDecoder
from rag_core.generate.generator import Generator
from rag_core.generate.static_decoder import StaticDecoder
from rag_core.runtime.npu.static import STATIC
from rag_core.runtime.pack import Pack
from rag_core.runtime.placement import Placement
from rag_core.runtime.places import Place, Places, own_places


def generator_of(pack: Pack, places: Places | Callable[[], Places]) -> Generator:
    """The language model of `pack`, to be loaded at one of `places` when it is first needed. Raises PackCorrupt where
    its tokenizer cannot be read.
    """
    return Generator(pack, ChatTokenizer(pack), Placement(places, _open_at, TokenDecoder.close))


def open_generator(pack: Pack, places: Places | None = None, *, threads: int = 0) -> Generator:
    """The same, loaded; without `places` where its own graphs run, with one thread per real core, 8 at most, where
    `threads` is 0. Raises PackCorrupt (a file differs from the manifest, or the runtime refuses the model),
    MemoryDenied, ProviderUnavailable.
    """
    generator = generator_of(pack, places or own_places(pack, threads))
    generator.placement.opened()
    return generator


def _open_at(place: Place) -> TokenDecoder:
    return StaticDecoder(place) if STATIC in place.pack.manifest.spec else GenaiDecoder(place)
