"""The reader on the processor: every window is a run of its own, as long as it is, on one thread (`runtime.parallel`).

A run of several texts would share the range that their 8 bits stand for, so that what is said of a text would depend
on its neighbours; and it would not be faster (tests/benchmarks/reader_speed.py).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np

from rag_core.progress import CancelToken
from rag_core.read.budget import READING_MS, measured
from rag_core.read.decoding import Logits
from rag_core.read.description import read_spec
from rag_core.read.layout import Window
from rag_core.read.proof import disagreement
from rag_core.read.reader import Batch, Reader
from rag_core.runtime.devices import real_cores
from rag_core.runtime.pack import Pack
from rag_core.runtime.parallel import in_parallel
from rag_core.runtime.proven import open_proven
from rag_core.runtime.session import Session
from rag_core.runtime.tokenizer import PackTokenizer


class CrossEncoder(Reader):
    """Runs a graph of its pack as it is. Made by `open_reader`; safe to use from several threads."""

    def __init__(
        self,
        pack: Pack,
        session: Session,
        tokenizer: PackTokenizer,
        threads: int,
        reason: str = "",
        time_ms: float = READING_MS,
    ) -> None:
        super().__init__(pack, tokenizer, session.requested, time_ms)
        self.graph = session.graph.name
        self._session = session
        self._names = [tensor.name for tensor in session.outputs]
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

    def speed(self) -> float:
        return measured(self.batches, self.spec.max_tokens, 2 * self._threads)

    def batches(self, windows: Sequence[Window], cancel: CancelToken | None) -> Generator[Batch, None, None]:
        """One window each. While the caller is busy with one, at most two per thread are still being computed."""

        def run(row: int) -> Batch:
            return [row], [self._logits(windows[row], cancel)]

        return in_parallel(run, range(len(windows)), self._threads, "read")

    def _logits(self, window: Window, cancel: CancelToken | None) -> Logits:
        outputs = self._session.run({"input_ids": window.ids[None].astype(np.int64, copy=False)}, cancel)
        named = dict(zip(self._names, outputs, strict=True))
        return Logits(named["judged"][0].astype(np.float32), named["spans"][0].astype(np.float32))


def open_reader(
    pack: Pack,
    threads: int = 0,
    preference: str = "auto",
    *,
    graph: str = "",
    check_files: bool = True,
    time_ms: float = READING_MS,
    tokenizer: PackTokenizer | None = None,
) -> CrossEncoder:
    """Open the reader of `pack` and prove it on the pack's canonical texts; see `runtime.proven` for what happens to a
    graph that computes something else here. `graph` demands one by name, `threads` 0 means all real cores, `tokenizer`
    is the pack's where it is read already. Raises ProviderUnavailable, PackCorrupt.
    """
    words = tokenizer or PackTokenizer(pack.path_of(read_spec(pack).tokenizer))

    def make(session: Session, reason: str) -> CrossEncoder:
        return CrossEncoder(pack, session, words, threads, reason, time_ms)

    def complaint_about(reader: CrossEncoder, name: str) -> str:
        return disagreement(pack.manifest.canonical, name, reader.judge)

    return open_proven(
        pack, "reader", make, complaint_about, graph=graph, preference=preference, check_files=check_files
    )
