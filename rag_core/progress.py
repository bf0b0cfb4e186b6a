"""Progress and cancellation that know no user interface.

Long work is a generator of `Progress`; every `yield` is a point at which the caller may stop asking for more.
Work that cannot yield (one run of a model) takes a `CancelToken` instead.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TypeVar

from rag_core.errors import Cancelled
from rag_core.messages import Message

Result = TypeVar("Result")


def run_to_end(work: Generator[object, None, Result]) -> Result:
    """Drive long work without looking at its steps; returns the generator's value."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: Result = end.value
            return result


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of long work. `total` is None while it is not known; `unit` names what is counted, `detail` what is in
    hand. A text is a key or a name; whoever shows it has words for the keys.
    """

    stage: Message | str
    done: int
    total: int | None
    unit: Message | str = ""
    detail: Message | str = ""


@dataclass(slots=True)
class CancelToken:
    """Set from any thread; callbacks fire at once (to interrupt a running model), once."""

    _event: threading.Event = field(default_factory=threading.Event)
    _callbacks: list[Callable[[], None]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cancel(self) -> None:
        with self._lock:
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def raise_if_cancelled(self) -> None:
        if self._event.is_set():
            raise Cancelled

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` when cancelled; immediately if that has already happened. Returns how to take it back."""
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return lambda: self._forget(callback)
        callback()
        return lambda: None

    def _forget(self, callback: Callable[[], None]) -> None:
        with self._lock:
            self._callbacks = [kept for kept in self._callbacks if kept is not callback]
