"""Texts to unit vectors, with the graphs of a pack as they are.

On the CPU a text is never padded: texts of equal length share a run, every other text has its own, and as many runs as
the machine has cores go on at the same time, each on one thread. That is as fast as large padded batches (the work of
one text fits into the processor's cache, and no thread waits for another inside an operator), and a text's vector does
not depend on what it is encoded with.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np

from rag_core.embed.backend import Batch
from rag_core.embed.description import EncoderSpec
from rag_core.embed.pooling import pool
from rag_core.messages import NOTHING, Message
from rag_core.progress import CancelToken
from rag_core.runtime.devices import real_cores
from rag_core.runtime.options import Power
from rag_core.runtime.parallel import equal_lengths, in_parallel
from rag_core.runtime.session import Session
from rag_core.runtime.tokenizer import TokenIds

# Texts of one length share a run up to this many tokens: enough to hide the cost of starting a run.
_RUN_TOKENS = 256


class UnpaddedEncoder:
    """An `EncoderBackend` that runs one graph. `reason` says why not a better one of the pack."""

    def __init__(self, spec: EncoderSpec, session: Session, threads: int, reason: Message = NOTHING) -> None:
        self.graphs = (session.graph,)
        self.reason = reason
        self._spec = spec
        self._session = session
        self._threads = threads or real_cores()

    def batches(
        self, ids: Sequence[TokenIds], power: Power, cancel: CancelToken | None
    ) -> Generator[Batch, None, None]:
        """While the caller is busy with one, at most two runs per thread are still being computed."""
        spec, session = self._spec, self._session

        def run(rows: list[int]) -> Batch:
            """Texts of one length."""
            feeds = spec.feeds(np.stack([ids[row] for row in rows]), session.inputs)
            return rows, pool(session.run(feeds, cancel, power=power)[spec.output_index], spec)

        runs = equal_lengths([len(text) for text in ids], _RUN_TOKENS)
        return in_parallel(run, runs, self._threads, "embed")
