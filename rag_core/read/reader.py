"""What every reader shares, whatever computes its logits: layout, decoding, early exit, and the time that it keeps."""

from __future__ import annotations

import math
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from contextlib import closing
from itertools import accumulate

from rag_core.progress import CancelToken
from rag_core.read.budget import READING_MS, Memory, Pace, is_clear, is_overdue, paced
from rag_core.read.decoding import Judgement, Logits, judge, merged, probability, reading
from rag_core.read.description import ReaderSpec, read_spec
from rag_core.read.layout import Layout, Window, Words
from rag_core.runtime.pack import Pack
from rag_core.runtime.tokenizer import PackTokenizer
from rag_core.types import Reading

# Rows of the windows that were asked for, and the logits of each.
Batch = tuple[list[int], list[Logits]]


class Reader(ABC):
    """Fulfils `model_protocols.PassageReader`. `requested` is what was asked for ("auto", "npu", ...).

    `time_ms` is how long `read` may take; infinite means that it reads all texts unless the best are clear.
    """

    def __init__(self, pack: Pack, tokenizer: PackTokenizer, requested: str, time_ms: float = READING_MS) -> None:
        self.spec: ReaderSpec = read_spec(pack)
        self.pack_id = pack.id
        self.requested = requested
        self.time_ms = time_ms
        self.memory: Memory | None = None
        self._layout = Layout(self.spec, tokenizer)
        self._measuring = threading.Lock()
        self._pace: Pace | None = None

    @property
    @abstractmethod
    def provider(self) -> str:
        """Where it runs."""

    @property
    @abstractmethod
    def precision(self) -> str:
        """How its graph computes: "int8", "fp16", "fp32" ..."""

    @property
    @abstractmethod
    def reason(self) -> str:
        """Why that is not what was asked for; else empty."""

    @property
    def pace(self) -> Pace:
        """Of the place where it runs: as `memory` has it, else measured when it is first asked for."""
        with self._measuring:
            if self._pace is None:
                self._pace = paced(self.speed, self.memory)
            return self._pace

    @abstractmethod
    def speed(self) -> float:
        """Tokens per millisecond, measured now."""

    @abstractmethod
    def batches(self, windows: Sequence[Window], cancel: CancelToken | None) -> Generator[Batch, None, None]:
        """The logits of all `windows`, as they come, the first ones first. Raises Cancelled."""

    def cost(self, window: Window) -> int:
        """How many tokens the place computes for a window."""
        return len(window.ids)

    def read(
        self, question: str, texts: Sequence[tuple[str, str]], cancel: CancelToken | None = None
    ) -> list[Reading | None]:
        """One per (subject, text), in order; texts are given likeliest first.

        None for a text that was left unread: after those that this machine's speed allows in `time_ms`, or after the
        best are clear. Which these are depends on the readings and on the speed's class (`budget.Pace`), not on how
        long this call took, unless the machine is suddenly far slower. Raises Cancelled.
        """
        started = time.perf_counter()
        laid = self._layout.windows([(question, subject, text) for subject, text in texts])
        tokens = [sum(map(self.cost, windows)) for windows in laid]
        pace = self.pace if math.isfinite(self.time_ms) else None
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
        laid = self._layout.windows(words)
        return list(self._judged(laid, [text for _, _, text in words], cancel))

    def _judged(
        self, laid: Sequence[tuple[Window, ...]], texts: Sequence[str], cancel: CancelToken | None
    ) -> Generator[Judgement, None, None]:
        """Of each text, in order."""
        windows = [window for windows in laid for window in windows]
        ends = list(accumulate(map(len, laid)))
        parts: dict[int, Judgement] = {}
        with closing(self.batches(windows, cancel)) as batches:
            for end, own, text in zip(ends, laid, texts, strict=True):
                rows = range(end - len(own), end)
                while not all(row in parts for row in rows):
                    parts |= _parts(windows, next(batches))
                yield merged([parts[row] for row in rows], text)


def _parts(windows: Sequence[Window], batch: Batch) -> dict[int, Judgement]:
    return {row: judge(windows[row], logits) for row, logits in zip(*batch, strict=True)}


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
