"""A job as the window sees it: an object with signals. Create it, connect, then start it.

    job = engine.job(AskQuestion("default", "How long is the notice period?"))
    job.event_received.connect(show_step)
    job.finished.connect(show_answer)
    job.start()

All signals arrive on the main thread. A job that was started keeps itself alive until it has ended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance

from rag_core.host.events import Ending, Failed, Finished
from rag_core.host.jobs import Job


@dataclass(frozen=True, slots=True)
class Steering:
    """How a `JobHandle` reaches the engine."""

    start: Callable[[JobHandle], None]
    cancel: Callable[[JobHandle], None]
    pause: Callable[[JobHandle, bool], None]


class JobHandle(QObject):
    """One job. Exactly one of `finished` (its value), `failed` (a `Failed`), `stopped` follows; then `ended`."""

    event_received = Signal(object)
    finished = Signal(object)
    failed = Signal(object)
    stopped = Signal()
    ended = Signal()

    def __init__(self, job: Job, steering: Steering, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.job = job
        self._steering = steering
        self.is_running = False
        self.is_paused = False

    def start(self) -> None:
        self.is_running = True
        self._steering.start(self)

    def cancel(self) -> None:
        """Ask for a stop; `stopped` follows when it has taken effect. Harmless when the job is over."""
        if self.is_running:
            self._steering.cancel(self)

    def pause(self, paused: bool = True) -> None:
        """`paused` False: go on."""
        if self.is_running and self.is_paused != paused:
            self.is_paused = paused
            self._steering.pause(self, paused)

    def receive(self, payload: object) -> None:
        """Called by the engine's link with every payload, on the main thread, in order."""
        if isinstance(payload, Ending):
            self._end(payload)
        else:
            self.event_received.emit(payload)

    def _end(self, ending: Ending) -> None:
        self.is_running = False
        if isinstance(ending, Finished):
            self.finished.emit(ending.value)
        elif isinstance(ending, Failed):
            self.failed.emit(ending)
        else:
            self.stopped.emit()
        self.ended.emit()


class EngineLink(Protocol):
    """What controllers know of the engine. `engine_ready` follows every (re)start;
    `news_received` carries what belongs to no job (`rag_core.host.events`).
    """

    @property
    def engine_ready(self) -> SignalInstance: ...

    @property
    def news_received(self) -> SignalInstance: ...

    def job(self, job: Job) -> JobHandle:
        """A handle that is not started yet."""
        ...
