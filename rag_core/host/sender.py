"""The way into the engine process: messages wait in memory, so that nobody waits for a process that does not read."""

from __future__ import annotations

import threading
from collections import deque
from typing import IO

from rag_core.process.wire import send


class Sender:
    """A thread that writes messages to `stream`, in order. The methods may be called from any thread and never fail."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._waiting: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="engine-jobs", daemon=True)
        self._thread.start()

    def put(self, payload: bytes) -> None:
        """Returns at once. After `finish`, or when the other side is gone, nothing is sent any more."""
        with self._changed:
            if not self._closing:
                self._waiting.append(payload)
                self._changed.notify()

    def finish(self, last: bytes | None = None) -> None:
        """What waits is forgotten; after `last` the thread ends."""
        with self._changed:
            if not self._closing:
                self._closing = True
                self._waiting.clear()
                if last is not None:
                    self._waiting.append(last)
                self._changed.notify()

    def join(self) -> None:
        """After `finish`. A message that is half written holds it up until the other side reads, or is gone."""
        self._thread.join()

    def _run(self) -> None:
        while (payload := self._next()) is not None:
            try:
                send(self._stream, payload)
            except OSError:  # the other side is gone; who listens to it learns of that
                self.finish()
                return

    def _next(self) -> bytes | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            return self._waiting.popleft() if self._waiting else None
