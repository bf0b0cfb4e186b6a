"""Pictures of PDF pages, drawn in a child process: a damaged file costs its picture and nothing else."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rag_core.errors import UserError
from rag_core.ingest.rendering_wire import unpacked_image
from rag_core.ingest.trouble import refusal
from rag_core.messages import say
from rag_core.process.loop import Limits, Order
from rag_core.process.pool import ChildPool, Reply
from rag_core.progress import CancelToken
from rag_core.settings import Settings
from rag_core.types import PageImage

_MOST_TIME_S = 30.0  # a person waits for it
_PATIENCE_S = 1.0  # with a picture that nobody waits for any more


@dataclass
class PageRenderer:
    """Use it as a context manager; `close` leaves no process and no thread, and it may be used again afterwards.

    Not thread-safe: one thread calls. The child starts with the first page and stays, with the last documents open.
    """

    settings: Settings = field(default_factory=Settings)
    _pool: ChildPool = field(init=False)

    def __post_init__(self) -> None:
        timeout_s = min(self.settings.parse_timeout_s, _MOST_TIME_S)
        limits = Limits(self.settings.parse_memory_bytes, timeout_s)
        refused = partial(refusal, limits=limits, advice=say("open-elsewhere"))
        self._pool = ChildPool("rendering", limits, self.settings.max_file_bytes, refused)

    def __enter__(self) -> PageRenderer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def render(
        self, path: Path, document_id: str, number: int, scale: float, cancel: CancelToken | None = None
    ) -> PageImage:
        """Page `number` (from 1) with `scale` pixels per point: a place (x, y) on the page, in points from its top left
        as `LineBox` has it, is at the pixel (x * scale, y * scale).

        A picture of more than 40 million pixels is made smaller: its scale is then `width_px / page width`. Raises
        DocumentUnreadable: gone, changed since it was read, protected, damaged, not a PDF, too slow. Cancelled, within
        a second or so: a picture that is nearly there is waited for, because its child knows the document.
        """
        order = Order(path, (document_id, number, scale))
        self._pool.drop_busy()  # left at work by an exception from outside: its answer is not for us
        self._pool.give(order)
        reply = self._reply(cancel)
        outcome = self._pool.outcome(reply, order, unpacked_image)
        if isinstance(outcome, UserError):
            raise outcome
        return outcome

    def _reply(self, cancel: CancelToken | None) -> Reply:
        patience_ends = time.monotonic() + _PATIENCE_S
        try:
            while (reply := self._pool.next_reply()) is None:
                if cancel is not None and time.monotonic() > patience_ends:
                    cancel.raise_if_cancelled()
        except BaseException:
            self._pool.drop_busy()
            raise
        return reply

    def close(self) -> None:
        """Stop the child."""
        self._pool.close()
