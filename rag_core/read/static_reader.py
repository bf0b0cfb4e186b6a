"""The reader that runs graphs of fixed shapes, as accelerators want them (`rag_core.runtime.npu.static`)."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from rag_core.errors import PackCorrupt
from rag_core.messages import Message, say
from rag_core.progress import CancelToken
from rag_core.read.backend import Batch
from rag_core.read.budget import Pace, measured
from rag_core.read.decoding import Logits, judge, merged
from rag_core.read.layout import Layout, TextWindow
from rag_core.read.proof import disagreement, words_of
from rag_core.runtime.npu.static import Bucket, reader_shapes
from rag_core.runtime.npu.static_graphs import Outputs, Run, StaticGraphs, canonical_rows, plan
from rag_core.runtime.pack import Pack
from rag_core.runtime.places import Place

_FULL_RUNS = 2  # share out so many runs' worth of windows at a time: sorted by length, and still likeliest first


class StaticReader(StaticGraphs):
    """A `ReaderBackend` for the reader of `source`. The place's pack is a static pack of it, or a context pack that was
    compiled from one.

    Raises PackCorrupt for a description that does not fit; reading raises DeviceFailed where a graph computes something
    else, and what its sessions raise.
    """

    def __init__(self, place: Place, source: Pack, layout: Layout) -> None:
        buckets = reader_shapes(place.pack).buckets
        if max((bucket.tokens for bucket in buckets), default=0) < layout.spec.max_tokens:
            raise PackCorrupt(say("fixed-shapes-of-another-reader", pack=place.pack.id), say("prepare-for-npu-again"))
        super().__init__(place, buckets, layout.empty)
        self.pace: Pace | None = None
        self._canonical = source.manifest.canonical
        self._layout = layout

    def speed(self) -> float:
        return measured(self.batches, self._layout.spec.max_tokens, self._largest_batch)

    def cost(self, window: TextWindow) -> int:
        return min(bucket.tokens for bucket in self.buckets if bucket.tokens >= len(window.ids))

    def batches(self, windows: Sequence[TextWindow], cancel: CancelToken | None) -> Generator[Batch, None, None]:
        """One run of a graph each."""
        size = _FULL_RUNS * self._largest_batch
        for first in range(0, len(windows), size):
            group = windows[first : first + size]
            for bucket, rows in plan([len(window.ids) for window in group], self.buckets):
                outputs = self.run(bucket, [group[row].ids for row in rows], "burst", cancel)
                yield [first + row for row in rows], _logits(outputs)

    def open_largest(self) -> None:
        """The graph for texts of the full length: whether the device works shows before there is work for it."""
        self.open(max(self.buckets, key=lambda bucket: (bucket.tokens, bucket.batch)))

    @property
    def _largest_batch(self) -> int:
        return max(bucket.batch for bucket in self.buckets)

    def complaint_about(self, bucket: Bucket, run: Run) -> Message:
        """After one run, of as many canonical texts as it holds."""
        words = [words_of(text) for text in self._canonical.inputs]
        laid = self._layout.windows(words)
        fits = [len(windows) == 1 and len(windows[0].ids) <= bucket.tokens for windows in laid]
        fitting = [row for row, does in enumerate(fits) if does][: bucket.batch]
        logits = _logits(run([laid[row][0].ids for row in fitting]))
        judged = [merged([judge(laid[row][0], own)], words[row][2]) for row, own in zip(fitting, logits, strict=True)]
        proof = canonical_rows(self._canonical, fitting)
        return disagreement(proof, bucket.graph, lambda _: judged, not self.is_exact)


def _logits(outputs: Outputs) -> list[Logits]:
    return [Logits(judged, spans) for judged, spans in zip(outputs["judged"], outputs["spans"], strict=True)]
