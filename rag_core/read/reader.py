"""Reading passages, whatever computes the logits, wherever it runs: decoding, early exit, the time that it keeps."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import closing

from rag_core.progress import CancelToken
from rag_core.read.backend import Batch, ReaderBackend, judgements
from rag_core.read.budget import READING_MS, is_clear, is_overdue
from rag_core.read.decoding import Judgement, probability, reading
from rag_core.read.layout import Layout, TextWindow, Words
from rag_core.runtime.pack import Pack
from rag_core.runtime.placement import Placement
from rag_core.types import Reading


class Reader:
    """Reads passages for a question, and checks sentences against passages. `placement` tells where it runs, and may
    change in the middle of work: ask it after the work.

    A text is (subject, text): the subject is the title and headings that it stands under, or "". Law: what is said of
    a text does not depend on what it is read with (within rounding); spans lie inside their own text.

    `time_ms` is how long `read` may take; infinite means that it reads all texts unless the best are clear.
    """

    def __init__(
        self, pack: Pack, layout: Layout, placement: Placement[ReaderBackend], time_ms: float = READING_MS
    ) -> None:
        self.pack_id = pack.id
        self.spec = layout.spec
        self.placement = placement
        self.time_ms = time_ms
        self.layout = layout

    def batches(self, windows: Sequence[TextWindow], cancel: CancelToken | None) -> Generator[Batch, None, None]:
        """The logits of all `windows`, as they come, the first ones first. Raises Cancelled."""
        return self.placement.carried_on(windows, lambda backend, left: backend.batches(left, cancel))

    def read(
        self, question: str, texts: Sequence[tuple[str, str]], cancel: CancelToken | None = None
    ) -> list[Reading | None]:
        """One per (subject, text), in order; texts are given likeliest first.

        None for a text that was left unread: after those that this machine's speed allows in `time_ms`, or after the
        best are clear. Which these are depends on the readings and on the speed's class (`budget.Pace`), not on how
        long this call took, unless the machine is suddenly far slower. Raises Cancelled.
        """
        started = time.perf_counter()
        laid = self.layout.windows([(question, subject, text) for subject, text in texts])
        backend = self.placement.opened()
        tokens, pace = [sum(map(backend.cost, windows)) for windows in laid], backend.pace
        count = pace.reach(tokens, self.time_ms) if pace else len(texts)
        readings: list[Reading | None] = [None] * len(texts)
        relevances: list[float] = []
        stop = CancelToken()
        forget = cancel.on_cancel(stop.cancel) if cancel is not None else lambda: None
        clear = False
        try:
            with closing(self._judged(laid[:count], [text for _, text in texts[:count]], stop)) as judged:
                for row, judgement in enumerate(judged):
                    found = readings[row] = reading(judgement, self.spec)
                    relevances.append(found.relevance)
                    clear = is_clear(relevances)
                    if clear or is_overdue(_ms_since(started), self.time_ms, len(relevances)):
                        stop.cancel()  # what was begun beyond is not waited for
                        break
        finally:
            forget()
        if pace and not clear:  # where it is, time went into texts that are not counted
            pace.observed(sum(tokens[: len(relevances)]), _ms_since(started))
        return readings

    def support(self, pairs: Sequence[tuple[str, str]], cancel: CancelToken | None = None) -> list[float]:
        """For each (sentence, evidence), the calibrated probability that the evidence supports the sentence."""
        judgements = self.judge([(sentence, "", evidence) for sentence, evidence in pairs], cancel)
        return [probability(judgement.support, self.spec.support) for judgement in judgements]

    def judge(self, words: Sequence[Words], cancel: CancelToken | None = None) -> list[Judgement]:
        """The logits of every (question, subject, text), whatever time that takes: for calibration and proof."""
        laid = self.layout.windows(words)
        return list(self._judged(laid, [text for _, _, text in words], cancel))

    def _judged(
        self, laid: Sequence[tuple[TextWindow, ...]], texts: Sequence[str], cancel: CancelToken | None
    ) -> Generator[Judgement, None, None]:
        """Of each text, in order."""
        windows = [window for windows in laid for window in windows]
        return judgements(laid, texts, self.batches(windows, cancel))


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
