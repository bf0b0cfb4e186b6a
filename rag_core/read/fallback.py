"""The reader that goes on elsewhere when the device that it runs on fails."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from rag_core.progress import CancelToken
from rag_core.read.budget import READING_MS, Pace
from rag_core.read.layout import Window
from rag_core.read.reader import Batch, Reader
from rag_core.runtime.pack import Pack
from rag_core.runtime.spots import Spot, Spots, carried_on
from rag_core.runtime.tokenizer import PackTokenizer


class FallbackReader(Reader):
    """A reader of `pack` at the first of `spots` that works.

    Where a device fails, refuses or hangs, when it is opened or at any run, the windows that were not read yet go to
    the next spot; none is read twice or left out. The last spot's errors are raised. `provider`, `precision`, `reason`
    and `pace` change when that happens: ask for them after the work.
    """

    def __init__(
        self,
        pack: Pack,
        tokenizer: PackTokenizer,
        spots: Sequence[Spot[Reader]],
        requested: str,
        reason: str = "",
        time_ms: float = READING_MS,
    ) -> None:
        super().__init__(pack, tokenizer, requested, time_ms)
        self._spots = Spots(spots, reason)

    @property
    def provider(self) -> str:
        return self._spots.now.provider

    @property
    def precision(self) -> str:
        return self._spots.now.precision

    @property
    def reason(self) -> str:
        return " ".join(filter(None, [self._spots.reason, self._spots.now.reason]))

    @property
    def pace(self) -> Pace:
        return self._spots.now.pace

    def speed(self) -> float:
        return self._spots.now.speed()

    def cost(self, window: Window) -> int:
        return self._spots.now.cost(window)

    def batches(self, windows: Sequence[Window], cancel: CancelToken | None) -> Generator[Batch, None, None]:
        return carried_on(self._spots, windows, lambda reader, left: reader.batches(left, cancel))
