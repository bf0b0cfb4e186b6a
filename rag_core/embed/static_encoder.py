"""The encoder that runs graphs of fixed shapes, as accelerators want them (`rag_core.runtime.static`).

Texts are sorted by length; each goes into the smallest graph that holds it, several at a time where there is a graph
for several. What is left over of a text's row is masked, and rows that are left over hold an empty text.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from rag_core.embed.encoder import Batch, Encoder, Purpose
from rag_core.embed.pooling import unit
from rag_core.embed.proof import disagreement
from rag_core.errors import DeviceFailed, PackCorrupt
from rag_core.progress import CancelToken
from rag_core.runtime.options import Power
from rag_core.runtime.pack import Canonical, Pack
from rag_core.runtime.session import Session
from rag_core.runtime.static import Bucket, static_encoder
from rag_core.runtime.tokenizer import PackTokenizer, TokenIds
from rag_core.types import FloatArray

_EXACT = ("fp16", "fp32")
_FLOATS = {"tensor(float16)": np.float16, "tensor(float)": np.float32}
_POWER: dict[Purpose, Power] = {"query": "burst", "passage": "efficient"}  # a person waits for a question


class StaticEncoder(Encoder):
    """An encoder of `source` that runs `pack`: a static pack of it, or a context pack that was compiled from one.

    `open_graph` opens a graph of `pack` by its name, when a text first needs it; it stays open. `at_work` of its name
    surrounds the opening and the first run, which proves the graph. Safe to use from several threads. Raises
    PackCorrupt for a description that does not fit; encoding raises DeviceFailed where a graph computes something else,
    and what `open_graph` and its sessions raise.
    """

    def __init__(
        self,
        source: Pack,
        pack: Pack,
        tokenizer: PackTokenizer,
        open_graph: Callable[[str], Session],
        provider: str,
        requested: str = "auto",
        at_work: Callable[[str], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        super().__init__(source, tokenizer, requested)
        static = static_encoder(pack)
        if static.dim != self.dim or max((bucket.tokens for bucket in static.buckets), default=0) < self.max_tokens:
            raise PackCorrupt(
                f"The graphs of fixed shapes of “{pack.id}” are not those of its embedder.", "Prepare the models again."
            )
        self._provider = provider
        self._buckets = static.buckets
        self._pack = pack
        self._canonical = source.manifest.canonical
        self._open_graph = open_graph
        self._at_work = at_work
        self._sessions: dict[str, Session] = {}
        self._opening = threading.Lock()
        (self._empty,) = tokenizer.encode_batch([""], self.max_tokens)

    @property
    def provider(self) -> str:
        return self._provider

    @property
    def precision(self) -> str:
        return self._pack.graph(self._buckets[0].graph).precision

    @property
    def reason(self) -> str:
        return ""

    def batches(
        self, texts: Sequence[str], purpose: Purpose, cancel: CancelToken | None
    ) -> Generator[Batch, None, None]:
        """One run of a graph each."""
        ids = self._tokens(texts, purpose)
        for bucket, rows in plan([len(text) for text in ids], self._buckets):
            if cancel is not None:
                cancel.raise_if_cancelled()
            session = self._session(bucket)
            yield rows, self._run(session, bucket, [ids[row] for row in rows], _POWER[purpose], cancel)

    def open_smallest(self) -> None:
        """The graph that a question needs: whether the device works shows before there is work for it."""
        self._session(min(self._buckets, key=lambda bucket: bucket.batch * bucket.tokens))

    def _session(self, bucket: Bucket) -> Session:
        with self._opening:
            if bucket.graph not in self._sessions:
                with self._at_work(bucket.graph):
                    session = self._open_graph(bucket.graph)
                    self._prove(session, bucket)
                self._sessions[bucket.graph] = session
            return self._sessions[bucket.graph]

    def _prove(self, session: Session, bucket: Bucket) -> None:
        """One run, of as many canonical texts as it holds. Raises DeviceFailed."""
        ids = self._tokens(self._canonical.inputs, "passage")
        fitting = [row for row, text in enumerate(ids) if len(text) <= bucket.tokens][: bucket.batch]
        vectors = self._run(session, bucket, [ids[row] for row in fitting], "burst", None)
        quantised = self.precision not in _EXACT
        complaint = disagreement(_only(self._canonical, fitting), bucket.graph, lambda _: vectors, quantised)
        if complaint:
            raise DeviceFailed(
                f"The graph “{bucket.graph}” of “{self.pack_id}” does not compute what it should: {complaint}"
            )

    def _run(
        self, session: Session, bucket: Bucket, ids: Sequence[TokenIds], power: Power, cancel: CancelToken | None
    ) -> FloatArray:
        """At most a batch of texts to their unit vectors."""
        rows = [*ids, *[self._empty] * (bucket.batch - len(ids))]
        kinds = {tensor.name: tensor.dtype for tensor in session.inputs}
        tokens = np.zeros((bucket.batch, bucket.tokens), np.int32)
        mask: Any = np.zeros(tokens.shape, _FLOATS.get(kinds.get("mask", ""), np.float32))
        for row, text in enumerate(rows):
            tokens[row, : len(text)] = text
            mask[row, : len(text)] = 1
        (output,) = session.run({"input_ids": tokens, "mask": mask}, cancel, power=power)
        values = output[: len(ids)].astype(np.float32)
        if not np.isfinite(values).all():
            raise DeviceFailed(f"The graph “{bucket.graph}” of “{self.pack_id}” gave values that are no numbers.")
        return unit(values)


def plan(lengths: Sequence[int], buckets: Sequence[Bucket]) -> list[tuple[Bucket, list[int]]]:
    """Which rows share which run, shortest first. Some bucket has to hold the longest.

    A graph for several texts is used when at least half of it is filled: starting a run costs something too.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    runs: list[tuple[Bucket, list[int]]] = []
    for tokens in sorted({bucket.tokens for bucket in buckets}):
        waiting = [row for row in order if lengths[row] <= tokens]
        order = order[len(waiting) :]
        sizes = sorted((bucket for bucket in buckets if bucket.tokens == tokens), key=lambda bucket: -bucket.batch)
        while waiting:
            bucket = next((size for size in sizes if 2 * len(waiting) >= size.batch), sizes[-1])
            runs.append((bucket, waiting[: bucket.batch]))
            waiting = waiting[bucket.batch :]
    return runs


def _only(canonical: Canonical, rows: Sequence[int]) -> Canonical:
    values = {graph: tuple(values[row] for row in rows) for graph, values in canonical.values.items()}
    return Canonical(tuple(canonical.inputs[row] for row in rows), values)
