"""Opens a pack's reader where a person wants it, as far as this machine can."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from rag_core.messages import Message, say
from rag_core.read.backend import ReaderBackend, judgements
from rag_core.read.budget import READING_MS, paced
from rag_core.read.decoding import Judgement
from rag_core.read.description import read_spec
from rag_core.read.layout import Layout, Words
from rag_core.read.proof import disagreement
from rag_core.read.reader import Reader
from rag_core.read.static_reader import StaticReader
from rag_core.read.unpadded_reader import UnpaddedReader
from rag_core.runtime.npu.static import STATIC
from rag_core.runtime.pack import Pack
from rag_core.runtime.placement import Placement
from rag_core.runtime.places import Place, Places, own_places
from rag_core.runtime.proven import open_proven
from rag_core.runtime.session import Session
from rag_core.runtime.speeds import speeds_of
from rag_core.runtime.tokenizer import PackTokenizer


def reader_of(
    pack: Pack, places: Places | Callable[[], Places], graph: str = "", *, time_ms: float = READING_MS
) -> Reader:
    """The reader of `pack`, to be opened at one of `places` when it is first needed, and proven there on the pack's
    canonical texts. `graph` demands one graph by name. `time_ms` is what one `read` may take; infinite means as long as
    it takes, so that what is read does not depend on the machine. Raises PackCorrupt.
    """
    spec = read_spec(pack)
    layout = Layout(spec, PackTokenizer(pack.path_of(spec.tokenizer)))
    open_at = partial(_open_at, source=pack, layout=layout, graph=graph, is_timed=math.isfinite(time_ms))
    return Reader(pack, layout, Placement(places, open_at), time_ms)


def open_reader(
    pack: Pack, places: Places | None = None, *, threads: int = 0, graph: str = "", time_ms: float = READING_MS
) -> Reader:
    """The same, opened; without `places` where its own graphs run. Raises what `Placement.opened` does."""
    reader = reader_of(pack, places or own_places(pack, threads), graph, time_ms=time_ms)
    reader.placement.opened()
    return reader


def _open_at(place: Place, source: Pack, layout: Layout, graph: str, is_timed: bool) -> ReaderBackend:
    """Its speed is known before a person waits for it; where it was measured once, it is remembered."""
    backend = _backend(place, source, layout, graph)
    if is_timed:
        kept_in, precision = place.machine.device_file, backend.graphs[0].precision
        device = place.device.key
        memory = speeds_of(place.pack, precision, device, place.threads, kept_in) if kept_in is not None else None
        backend.pace = paced(backend.speed, memory)
    return backend


def _backend(place: Place, source: Pack, layout: Layout, graph: str) -> ReaderBackend:
    if STATIC in place.pack.manifest.spec:
        static = StaticReader(place, source, layout)
        static.open_largest()
        return static

    def make(session: Session, reason: Message) -> UnpaddedReader:
        return UnpaddedReader(layout.spec, session, place.threads, reason)

    def complaint_about(reader: UnpaddedReader, name: str) -> Message:
        def judged(words: Sequence[Words]) -> list[Judgement]:
            laid = layout.windows(words)
            batches = reader.batches([window for windows in laid for window in windows], None)
            return list(judgements(laid, [text for _, _, text in words], batches))

        return disagreement(source.manifest.canonical, name, judged)

    return open_proven(place, say("word-reader"), make, complaint_about, graph)
