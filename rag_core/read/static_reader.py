"""The reader that runs graphs of fixed shapes, as accelerators want them (`rag_core.runtime.npu.static`)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, nullcontext

from rag_core.errors import PackCorrupt
from rag_core.progress import CancelToken
from rag_core.read.budget import READING_MS, measured
from rag_core.read.decoding import Logits, judge, merged
from rag_core.read.layout import Window
from rag_core.read.proof import disagreement, words_of
from rag_core.read.reader import Batch, Reader
from rag_core.runtime.npu.static import Bucket, static_reader
from rag_core.runtime.npu.static_graphs import EXACT, Outputs, Run, StaticGraphs, canonical_rows, plan
from rag_core.runtime.pack import Pack
from rag_core.runtime.session import Session
from rag_core.runtime.tokenizer import PackTokenizer

_FULL_RUNS = 2  # share out so many runs' worth of windows at a time: sorted by length, and still likeliest first


class StaticReader(Reader):
    """A reader of `source` that runs `pack`: a static pack of it, or a context pack that was compiled from one.

    `open_graph` opens a graph of `pack` by its name, when a window first needs it; it stays open. `at_work` of its name
    surrounds the opening and the first run, which proves the graph. Safe to use from several threads. Raises
    PackCorrupt for a description that does not fit; reading raises DeviceFailed where a graph computes something else,
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
        time_ms: float = READING_MS,
    ) -> None:
        super().__init__(source, tokenizer, requested, time_ms)
        buckets = static_reader(pack).buckets
        if max((bucket.tokens for bucket in buckets), default=0) < self.spec.max_tokens:
            raise PackCorrupt(
                f"The graphs of fixed shapes of “{pack.id}” are not those of its reader.", "Prepare the models again."
            )
        self._provider = provider
        self._canonical = source.manifest.canonical
        self._graphs = StaticGraphs(pack, buckets, self._layout.empty, open_graph, self._complaint_about, at_work)

    @property
    def provider(self) -> str:
        return self._provider

    @property
    def precision(self) -> str:
        return self._graphs.precision

    @property
    def reason(self) -> str:
        return ""

    def speed(self) -> float:
        return measured(self.batches, self.spec.max_tokens, self._largest_batch)

    def cost(self, window: Window) -> int:
        return min(bucket.tokens for bucket in self._graphs.buckets if bucket.tokens >= len(window.ids))

    def batches(self, windows: Sequence[Window], cancel: CancelToken | None) -> Generator[Batch, None, None]:
        """One run of a graph each."""
        size = _FULL_RUNS * self._largest_batch
        for first in range(0, len(windows), size):
            group = windows[first : first + size]
            for bucket, rows in plan([len(window.ids) for window in group], self._graphs.buckets):
                outputs = self._graphs.run(bucket, [group[row].ids for row in rows], "burst", cancel)
                yield [first + row for row in rows], _logits(outputs)

    def open_largest(self) -> None:
        """The graph for texts of the full length: whether the device works shows before there is work for it."""
        self._graphs.open(max(self._graphs.buckets, key=lambda bucket: (bucket.tokens, bucket.batch)))

    @property
    def _largest_batch(self) -> int:
        return max(bucket.batch for bucket in self._graphs.buckets)

    def _complaint_about(self, bucket: Bucket, run: Run) -> str:
        """After one run, of as many canonical texts as it holds."""
        words = [words_of(text) for text in self._canonical.inputs]
        laid = self._layout.windows(words)
        fits = [len(windows) == 1 and len(windows[0].ids) <= bucket.tokens for windows in laid]
        fitting = [row for row, does in enumerate(fits) if does][: bucket.batch]
        logits = _logits(run([laid[row][0].ids for row in fitting]))
        judged = [merged([judge(laid[row][0], own)], words[row][2]) for row, own in zip(fitting, logits, strict=True)]
        proof = canonical_rows(self._canonical, fitting)
        return disagreement(proof, bucket.graph, lambda _: judged, self.precision not in EXACT)


def _logits(outputs: Outputs) -> list[Logits]:
    return [Logits(judged, spans) for judged, spans in zip(outputs["judged"], outputs["spans"], strict=True)]
