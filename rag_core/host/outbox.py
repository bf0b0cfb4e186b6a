"""The way out of the engine process: one thread that merges what the lanes say and writes it to the pipe."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable
from typing import IO

from rag_core.host.events import Event
from rag_core.host.merging import Merger
from rag_core.process.wire import send

GATHER_S = 1 / 30


class Outbox:
    """`put` from any thread. Endings and what a person waits for leave at once, the rest 30 times a second.

    `on_broken` is called, once, when the other side does not listen any more.
    """

    def __init__(self, stream: IO[bytes], on_broken: Callable[[], None]) -> None:
        self._stream = stream
        self._on_broken = on_broken
        self._merger = Merger()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="engine-outbox", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, event: Event) -> None:
        with self._changed:
            was_empty = len(self._merger) == 0
            self._merger.add(event)
            if was_empty or self._merger.urgent:
                self._changed.notify()

    def close(self) -> None:
        """Send what waits, then end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            events = self._gathered()
            if not events:
                return
            try:
                send(self._stream, pickle.dumps(events, pickle.HIGHEST_PROTOCOL))
            except OSError:  # the window is gone
                self._on_broken()
                return

    def _gathered(self) -> list[Event]:
        """What has come in a thirtieth of a second; empty when all is said and the outbox is closing."""
        with self._changed:
            while not len(self._merger) and not self._closing:
                self._changed.wait()
            deadline = time.monotonic() + GATHER_S
            while not self._merger.urgent and not self._closing and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
            return self._merger.take()
