"""How many candidates are read: as many as this machine reads in time, and none after the best are clear."""

from __future__ import annotations

import math
import statistics
import threading
import time
from collections.abc import Callable, Generator, Sequence
from typing import Protocol

import numpy as np

from rag_core.progress import CancelToken, run_to_end
from rag_core.read.layout import TextWindow

READING_MS = 250.0  # what a person waits for the reading of one question
AT_LEAST = 5  # texts are read on the slowest machine: what the prompt is made of
_STEP = 1.25  # from one class of speed to the next
_OVERRUN = 2.0  # times the time that was meant, after which no more is read
_CALLS = 5  # that have to agree before the class changes
_TELLING_TOKENS = 300  # fewer say little about the speed; `AT_LEAST` passages have more
_ROUNDS = 4  # of a measurement: the fastest counts, because other work on the machine only slows one down

# Of 160 questions on documents that no reader was trained on, 34 ended early and 11 % of all candidates were left out,
# with the same nDCG@10 and the same first passages (tests/benchmarks/reader_speed.py --shortlists, early weights).
SURE, UNLIKELY = 0.9, 0.1
UNLIKELY_IN_A_ROW = 4


def is_clear(relevances: Sequence[float]) -> bool:
    """Whether reading on cannot plausibly change the top: one of the texts read so far, likeliest first, answers almost
    certainly, and the last few in a row almost certainly do not.
    """
    last = relevances[-UNLIKELY_IN_A_ROW:]
    if len(relevances) < max(AT_LEAST, UNLIKELY_IN_A_ROW + 1):
        return False
    return max(relevances) >= SURE and max(last) <= UNLIKELY


class Memory(Protocol):
    """Keeps whole numbers between starts of the program, per model and machine."""

    def recall(self) -> list[int]: ...

    def keep(self, numbers: Sequence[int]) -> None: ...


class Pace:
    """How fast a place reads, in classes: the same question is to be answered from the same candidates each time, and
    a measured speed is never the same twice. The class changes only when several calls in a row were faster, or
    slower, than it by more than a step (another power plan, a hot machine).
    """

    def __init__(self, tokens_per_ms: float, memory: Memory | None = None) -> None:
        self._class = _class_of(tokens_per_ms)
        self._others: list[int] = []  # classes of the last calls, as far as all were faster, or slower
        self._memory = memory
        self._lock = threading.Lock()

    @classmethod
    def recalled(cls, memory: Memory) -> Pace | None:
        """As it was when it was last kept; None where nothing is known."""
        kept = memory.recall()
        if not kept:
            return None
        pace = cls(_STEP ** (kept[0] + 0.5), memory)
        pace._others = kept[1:]
        return pace

    def keep(self) -> None:
        if self._memory is not None:
            self._memory.keep([self._class, *self._others])

    @property
    def tokens_per_ms(self) -> float:
        return _STEP**self._class

    def reach(self, tokens: Sequence[int], time_ms: float) -> int:
        """How many of the texts, of so many tokens each, are read in the time, in order; a few whatever it takes."""
        left = self.tokens_per_ms * time_ms
        for count, cost in enumerate(tokens):
            left -= cost
            if left < 0:
                return max(count, min(AT_LEAST, len(tokens)))
        return len(tokens)

    def observed(self, tokens: int, took_ms: float) -> None:
        """What a call has read, in which time."""
        if tokens < _TELLING_TOKENS or took_ms <= 0:
            return
        seen = _class_of(tokens / took_ms)
        with self._lock:
            before = self._others
            if abs(seen - self._class) > 1:
                alike = [other for other in before if (other > self._class) == (seen > self._class)]
                self._others = [*alike, seen]
            else:
                self._others = []
            if len(self._others) == _CALLS:
                self._class, self._others = math.floor(statistics.median(self._others)), []
            if self._others != before:
                self.keep()


def paced(speed: Callable[[], float], memory: Memory | None) -> Pace:
    """As it is remembered, else by measuring the `speed` (tokens per millisecond), which is remembered then."""
    if memory is not None and (known := Pace.recalled(memory)):
        return known
    pace = Pace(speed(), memory)
    pace.keep()
    return pace


def measured(
    batches: Callable[[Sequence[TextWindow], CancelToken | None], Generator[object, None, None]],
    tokens: int,
    texts: int,
) -> float:
    """Tokens per millisecond, of so many texts that are as long as the model takes."""
    window = TextWindow(np.zeros(tokens, np.int64), 1, np.zeros((1, 2), np.int32))
    best_ms = math.inf
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        run_to_end(batches([window] * texts, None))
        best_ms = min(best_ms, (time.perf_counter() - started) * 1000)
    return tokens * texts / best_ms


def is_overdue(took_ms: float, time_ms: float, texts: int) -> bool:
    """Whether a machine that is suddenly far slower than its class should stop after so many texts."""
    return texts >= AT_LEAST and took_ms > _OVERRUN * time_ms


def _class_of(tokens_per_ms: float) -> int:
    """Rounded down: the time is to hold."""
    return math.floor(math.log(max(tokens_per_ms, 1e-3), _STEP))
