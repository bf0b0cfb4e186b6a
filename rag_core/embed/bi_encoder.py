"""Texts to unit vectors, with the embedder of a pack.

On the CPU a text is never padded: texts of equal length share a run, every other text has its own, and as many runs as
the machine has cores go on at the same time, each on one thread. That is as fast as large padded batches (the work of
one text fits into the processor's cache, and no thread waits for another inside an operator), and a text's vector does
not depend on what it is encoded with.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np

from rag_core.embed.description import read_spec
from rag_core.embed.encoder import Batch, Encoder, Purpose
from rag_core.embed.pooling import pool
from rag_core.embed.proof import disagreement
from rag_core.progress import CancelToken
from rag_core.runtime.devices import real_cores
from rag_core.runtime.pack import Pack
from rag_core.runtime.parallel import equal_lengths, in_parallel
from rag_core.runtime.proven import open_proven
from rag_core.runtime.session import Session
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
        self._reason = reason
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

        runs = equal_lengths([len(text) for text in ids], _RUN_TOKENS)
        return in_parallel(run, runs, self._threads, "embed")

    def _vectors(self, ids: TokenIds, cancel: CancelToken | None) -> FloatArray:
        """`ids` (texts, tokens), all of one length, to unit vectors (texts, dim)."""
        feeds = self.spec.feeds(ids, self._session.inputs)
        output = self._session.run(feeds, cancel)[self.spec.output_index]
        return pool(output, self.spec)


def open_encoder(
    pack: Pack,
    threads: int = 0,
    preference: str = "auto",
    *,
    graph: str = "",
    check_files: bool = True,
    tokenizer: PackTokenizer | None = None,
) -> BiEncoder:
    """Open the embedder of `pack` and prove it on the pack's canonical texts.

    A graph that computes something else on this machine (int8 products can overflow on processors without VNNI) is put
    aside for the next one of the pack, and `reason` says so. `graph` demands one graph by name; `tokenizer` is the
    pack's where it is read already. Raises ProviderUnavailable, PackCorrupt.
    """
    words = tokenizer or PackTokenizer(pack.path_of(read_spec(pack).tokenizer))

    def make(session: Session, reason: str) -> BiEncoder:
        return BiEncoder(pack, session, words, threads, reason)

    def complaint_about(encoder: BiEncoder, name: str) -> str:
        return disagreement(pack.manifest.canonical, name, encoder.encode_passages)

    return open_proven(
        pack, "embedder", make, complaint_about, graph=graph, preference=preference, check_files=check_files
    )
