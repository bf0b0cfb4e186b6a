"""Runs graphs of fixed shapes that take texts (`runtime.static`: an encoder's or a reader's).

Texts go into the smallest graph that holds them, several at a time where there is a graph for several. What is left
over of a text's row is masked, and rows that are left over hold an empty text.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rag_core.errors import DeviceFailed
from rag_core.messages import NOTHING, Message, say
from rag_core.progress import CancelToken
from rag_core.runtime.npu.static import Bucket
from rag_core.runtime.options import Power
from rag_core.runtime.pack import Canonical, Graph, verify
from rag_core.runtime.places import Place
from rag_core.runtime.session import Session
from rag_core.runtime.tokenizer import TokenIds
from rag_core.types import FloatArray

_EXACT = ("fp16", "fp32")
_FLOATS = {"tensor(float16)": np.float16, "tensor(float)": np.float32}

Outputs = dict[str, FloatArray]
Run = Callable[[Sequence[TokenIds]], Outputs]


class StaticGraphs(ABC):
    """The graphs of a place's pack, with `buckets`. `empty` is an empty text.

    One is opened when a text first needs it, and stays open; its first run proves it. Safe to use from several threads.
    Raises PackCorrupt for files that are damaged.
    """

    reason = NOTHING

    def __init__(self, place: Place, buckets: Sequence[Bucket], empty: TokenIds) -> None:
        verify(place.pack)  # once: its graphs may share one file of weights
        self.buckets = tuple(buckets)
        self._place = place
        self._empty = empty
        self._sessions: dict[str, Session] = {}
        self._opening = threading.Lock()

    @property
    def graphs(self) -> tuple[Graph, ...]:
        """Those that are open."""
        return tuple(self._place.pack.graph(name) for name in tuple(self._sessions))

    @property
    def is_exact(self) -> bool:
        """Whether they have no other reason to differ from the reference than rounding."""
        return self._place.pack.graph(self.buckets[0].graph).precision in _EXACT

    @abstractmethod
    def complaint_about(self, bucket: Bucket, run: Run) -> Message:
        """Nothing where `run`, which is to be called once, computes what it should."""

    def open(self, bucket: Bucket) -> Session:
        """Open and proven. Raises DeviceFailed where it computes something else, and what opening it raises."""
        with self._opening:
            if bucket.graph not in self._sessions:
                with self._place.at_work(bucket.graph):
                    session = self._place.open_graph(bucket.graph)
                    complaint = self.complaint_about(bucket, lambda ids: self._run(session, bucket, ids))
                    if complaint:
                        raise DeviceFailed(
                            say("graph-computes-wrong", graph=bucket.graph, pack=self._place.pack.id, why=complaint)
                        )
                self._sessions[bucket.graph] = session
            return self._sessions[bucket.graph]

    def run(
        self, bucket: Bucket, ids: Sequence[TokenIds], power: Power = "burst", cancel: CancelToken | None = None
    ) -> Outputs:
        """The outputs of at most a batch of texts, by name, (texts, ...) each; padding is still in them."""
        if cancel is not None:
            cancel.raise_if_cancelled()
        return self._run(self.open(bucket), bucket, ids, power, cancel)

    def _run(
        self,
        session: Session,
        bucket: Bucket,
        ids: Sequence[TokenIds],
        power: Power = "burst",
        cancel: CancelToken | None = None,
    ) -> Outputs:
        rows = [*ids, *[self._empty] * (bucket.batch - len(ids))]
        kinds = {tensor.name: tensor.dtype for tensor in session.inputs}
        tokens = np.zeros((bucket.batch, bucket.tokens), np.int32)
        mask: Any = np.zeros(tokens.shape, _FLOATS.get(kinds.get("mask", ""), np.float32))
        for row, text in enumerate(rows):
            tokens[row, : len(text)] = text
            mask[row, : len(text)] = 1
        outputs = session.run({"input_ids": tokens, "mask": mask}, cancel, power=power)
        names = [tensor.name for tensor in session.outputs]
        values = {name: output[: len(ids)].astype(np.float32) for name, output in zip(names, outputs, strict=True)}
        if not all(np.isfinite(value).all() for value in values.values()):
            raise DeviceFailed(say("graph-gave-no-numbers", graph=bucket.graph, pack=self._place.pack.id))
        return values


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


def canonical_rows(canonical: Canonical, rows: Sequence[int]) -> Canonical:
    """Only these rows of it: a graph is proven by the texts that it holds."""
    values = {graph: tuple(values[row] for row in rows) for graph, values in canonical.values.items()}
    return Canonical(tuple(canonical.inputs[row] for row in rows), values)
