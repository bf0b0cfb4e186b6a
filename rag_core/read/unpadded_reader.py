"""The reader on the processor: every window is a run of its own, as long as it is, on one thread (`runtime.parallel`).

A run of several texts would share the range that their 8 bits stand for, so that what is said of a text would depend
on its neighbours; and it would not be faster (tests/benchmarks/reader_speed.py).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np

from rag_core.messages import NOTHING, Message
from rag_core.progress import CancelToken
from rag_core.read.backend import Batch
from rag_core.read.budget import Pace, measured
from rag_core.read.decoding import Logits
from rag_core.read.description import ReaderSpec
from rag_core.read.layout import TextWindow
from rag_core.runtime.devices import real_cores
from rag_core.runtime.parallel import in_parallel
from rag_core.runtime.session import Session


class UnpaddedReader:
    """A `ReaderBackend` that runs one graph. `reason` says why not a better one of the pack."""

    def __init__(self, spec: ReaderSpec, session: Session, threads: int, reason: Message = NOTHING) -> None:
        self.graphs = (session.graph,)
        self.reason = reason
        self.pace: Pace | None = None
        self._max_tokens = spec.max_tokens
        self._session = session
        self._names = [tensor.name for tensor in session.outputs]
        self._threads = threads or real_cores()

    def speed(self) -> float:
        return measured(self.batches, self._max_tokens, 2 * self._threads)

    def cost(self, window: TextWindow) -> int:
        return len(window.ids)

    def batches(self, windows: Sequence[TextWindow], cancel: CancelToken | None) -> Generator[Batch, None, None]:
        """One window each. While the caller is busy with one, at most two per thread are still being computed."""

        def run(row: int) -> Batch:
            ids = windows[row].ids[None].astype(np.int64, copy=False)
            named = dict(zip(self._names, self._session.run({"input_ids": ids}, cancel), strict=True))
            return [row], [Logits(named["judged"][0].astype(np.float32), named["spans"][0].astype(np.float32))]

        return in_parallel(run, range(len(windows)), self._threads, "read")
