"""Opens a pack's reader where a person wants it, as far as this machine can."""

from __future__ import annotations

import math
from functools import partial

from rag_core.read.budget import READING_MS
from rag_core.read.cross_encoder import open_reader as open_by_itself
from rag_core.read.description import read_spec
from rag_core.read.fallback import FallbackReader
from rag_core.read.reader import Reader
from rag_core.read.static_reader import StaticReader
from rag_core.runtime.choice import Place, Surroundings, choose
from rag_core.runtime.npu.static import STATIC
from rag_core.runtime.pack import Pack
from rag_core.runtime.speeds import speeds_of
from rag_core.runtime.spots import Spot, at_work_at, graphs_at, spots_of
from rag_core.runtime.tokenizer import PackTokenizer

STAGE = "rerank"


def open_reader(
    pack: Pack,
    threads: int = 0,
    preference: str = "auto",
    around: Surroundings | None = None,
    *,
    time_ms: float = READING_MS,
) -> Reader:
    """The reader of `pack` where `preference` ("auto", "cpu", "npu") and what there is `around` want it.

    Without `around` (no contexts, no memory of failures) it runs the pack's own graphs. `time_ms` is what one `read`
    may take; infinite means as long as it takes, so that what is read does not depend on the machine. Raises
    ProviderUnavailable, PackCorrupt, DeviceFailed.
    """
    if around is None:
        return _paced(open_by_itself(pack, threads, preference, time_ms=time_ms), pack, threads)
    tokenizer = PackTokenizer(pack.path_of(read_spec(pack).tokenizer))
    choice = choose(STAGE, pack, preference, around)
    open_at = partial(
        _open_at, pack=pack, tokenizer=tokenizer, threads=threads, preference=preference, around=around, time_ms=time_ms
    )
    spots: list[Spot[Reader]] = spots_of(choice, STAGE, around, open_at)
    return FallbackReader(pack, tokenizer, spots, preference, choice.reason, time_ms)


def _open_at(
    place: Place,
    pack: Pack,
    tokenizer: PackTokenizer,
    threads: int,
    preference: str,
    around: Surroundings,
    time_ms: float,
) -> Reader:
    if STATIC not in place.pack.manifest.spec:
        provider = place.device.provider
        reader: Reader = open_by_itself(place.pack, threads, provider, time_ms=time_ms, tokenizer=tokenizer)
        return _paced(reader, place.pack, threads, around)
    open_graph, at_work = graphs_at(place, threads), at_work_at(place, STAGE, around)
    provider = place.device.provider
    reader = StaticReader(pack, place.pack, tokenizer, open_graph, provider, preference, at_work, time_ms)
    reader.open_largest()
    return _paced(reader, place.pack, threads, around)


def _paced(reader: Reader, pack: Pack, threads: int, around: Surroundings | None = None) -> Reader:
    """Its speed is known before a person waits for it; where it was measured once, it is remembered."""
    if around is not None and around.device_file is not None:
        reader.memory = speeds_of(pack, reader.precision, reader.provider, threads, around.device_file)
    if math.isfinite(reader.time_ms):
        reader.pace  # noqa: B018 - asking for it measures it
    return reader
