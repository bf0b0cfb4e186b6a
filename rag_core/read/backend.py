"""What computes logits at one place, and what is made of them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from itertools import accumulate
from typing import Protocol

from rag_core.progress import CancelToken
from rag_core.read.budget import Pace
from rag_core.read.decoding import Judgement, Logits, judge, merged
from rag_core.read.layout import TextWindow
from rag_core.runtime.placement import Backend

# Rows of the windows that were asked for, and the logits of each.
Batch = tuple[list[int], list[Logits]]


class ReaderBackend(Backend, Protocol):
    """Safe to use from several threads. `pace` is how fast it is, None where that does not matter."""

    pace: Pace | None

    def batches(self, windows: Sequence[TextWindow], cancel: CancelToken | None) -> Generator[Batch, None, None]:
        """The logits of all `windows`, as they come, the first ones first. Raises Cancelled, DeviceFailed."""
        ...

    def cost(self, window: TextWindow) -> int:
        """How many tokens are computed for a window."""
        ...

    def speed(self) -> float:
        """Tokens per millisecond, measured now."""
        ...


def judgements(
    laid: Sequence[tuple[TextWindow, ...]], texts: Sequence[str], batches: Generator[Batch, None, None]
) -> Generator[Judgement, None, None]:
    """Of each text, in order, out of the logits of the windows that it was laid out in."""
    windows = [window for windows in laid for window in windows]
    ends = list(accumulate(map(len, laid)))
    parts: dict[int, Judgement] = {}
    with closing(batches):
        for end, own, text in zip(ends, laid, texts, strict=True):
            rows = range(end - len(own), end)
            while not all(row in parts for row in rows):
                some, logits = next(batches)
                parts |= {row: judge(windows[row], one) for row, one in zip(some, logits, strict=True)}
            yield merged([parts[row] for row in rows], text)
