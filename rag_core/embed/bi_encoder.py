"""Texts to unit vectors, with the embedder of a pack.

On the CPU a text is never padded: texts of equal length share a run, every other text has its own, and as many runs as
the machine has cores go on at the same time, each on one thread. That is as fast as large padded batches (the work of
one text fits into the processor's cache, and no thread waits for another inside an operator), and a text's vector does
not depend on what it is encoded with.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import numpy as np

from rag_core.embed.description import read_spec
from rag_core.embed.encoder import Batch, Encoder, Purpose
from rag_core.embed.pooling import pool
from rag_core.embed.proof import disagreement
from rag_core.errors import PackCorrupt
from rag_core.progress import CancelToken
from rag_core.runtime.devices import real_cores
from rag_core.runtime.pack import Pack
from rag_core.runtime.session import Session, open_session
from rag_core.runtime.tokenizer import PackTokenizer, TokenIds
from rag_core.types import FloatArray

# Texts of one length share a run up to this many tokens: enough to hide the cost of starting a run.
_RUN_TOKENS = 256


class BiEncoder(Encoder):
    """Runs a graph of its pack as it is. Made by `open_encoder`; safe to use from several threads."""

    def __init__(self, pack: Pack, session: Session, tokenizer: PackTokenizer, threads: int, reason: str = "") -> None:
        super().__init__(pack, tokenizer, session.requested)
        self.graph = session.graph.name
        self._session = session
        self._reason = " ".join(part for part in (session.reason, reason) if part)
        self._threads = threads or real_cores()

    @property
    def provider(self) -> str:
        return self._session.provider

    @property
    def precision(self) -> str:
        return self._session.graph.precision

    @property
    def reason(self) -> str:
        return self._reason

    def batches(
        self, texts: Sequence[str], purpose: Purpose, cancel: CancelToken | None
    ) -> Generator[Batch, None, None]:
        """While the caller is busy with one, at most two runs per thread are still being computed."""
        ids = self._tokens(texts, purpose)

        def run(rows: list[int]) -> Batch:
            return rows, self._vectors(np.stack([ids[row] for row in rows]), cancel)

        return _in_parallel(run, _equal_lengths(ids), self._threads)

    def _vectors(self, ids: TokenIds, cancel: CancelToken | None) -> FloatArray:
        """`ids` (texts, tokens), all of one length, to unit vectors (texts, dim)."""
        feeds = self.spec.feeds(ids, self._session.inputs)
        output = self._session.run(feeds, cancel)[self.spec.output_index]
        return pool(output, self.spec)


def open_encoder(
    pack: Pack, threads: int = 0, preference: str = "auto", *, graph: str = "", check_files: bool = True
) -> BiEncoder:
    """Open the embedder of `pack` and prove it on the pack's canonical texts.

    A graph that computes something else on this machine (int8 products can overflow on processors without VNNI) is put
    aside for the next one of the pack, and `reason` says so. `graph` demands one graph by name. Raises
    ProviderUnavailable, PackCorrupt.
    """
    spec = read_spec(pack)
    tokenizer = PackTokenizer(pack.path_of(spec.tokenizer))
    reasons: list[str] = []
    # Whole texts run in parallel on the CPU, so each run has one thread.
    session = open_session(pack, graph, preference, 1, check_files)
    rest = [other.name for other in pack.manifest.graphs if session.provider in other.providers]
    rest = rest[rest.index(session.graph.name) + 1 :] if not graph else []
    while True:
        encoder = BiEncoder(pack, session, tokenizer, threads, " ".join(reasons))
        complaint = disagreement(pack.manifest.canonical, session.graph.name, encoder.encode_passages)
        if not complaint:
            return encoder
        if not rest:
            raise PackCorrupt(
                f"The embedder “{pack.id}” does not compute what it should on this machine: {complaint}",
                "Build or import the pack again; if that does not help, please report it with this message.",
            )
        reasons.append(f"The graph “{session.graph.name}” is not used on this machine: {complaint}")
        session = open_session(pack, rest.pop(0), preference, 1, check_files)


def _equal_lengths(ids: Sequence[TokenIds]) -> list[list[int]]:
    """Rows that can share a run without padding, longest first so that the threads finish together."""
    runs: list[list[int]] = []
    order = sorted(range(len(ids)), key=lambda row: -len(ids[row]))
    for length, rows in itertools.groupby(order, key=lambda row: len(ids[row])):
        size = max(1, _RUN_TOKENS // max(1, length))
        same = list(rows)
        runs += [same[at : at + size] for at in range(0, len(same), size)]
    return runs


def _in_parallel(
    run: Callable[[list[int]], Batch], work: Sequence[list[int]], threads: int
) -> Generator[Batch, None, None]:
    """Do all `work`, yielding what comes. At most two items per thread are begun before the caller asks for more."""
    if threads == 1 or len(work) < 2:
        yield from map(run, work)
        return
    with ThreadPoolExecutor(threads, "embed") as executor:
        queue = iter(work)
        pending: set[Future[Batch]] = {executor.submit(run, item) for item in itertools.islice(queue, 2 * threads)}
        try:
            while pending:
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                pending |= {executor.submit(run, item) for item in itertools.islice(queue, len(finished))}
                yield from (future.result() for future in finished)
        finally:
            for future in pending:
                future.cancel()
