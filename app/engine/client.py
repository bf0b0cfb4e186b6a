"""The window's end of the engine process: starts it, hands jobs over, delivers what it says, restarts it when lost.

The process speaks on a reader thread. What it says waits in one inbox and is delivered on the main thread, in order:
at once when a job has ended, else gathered for a thirtieth of a second, and never so long that the window stands still.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.engine.jobs import JobHandle, Steering
from app.kit.notices import notice_of
from app.kit.text import tr
from rag_core.host.events import NEWS, Ending, Event, Failed, Stopped
from rag_core.host.jobs import Job
from rag_core.messages import literal

GATHER_MS = 33
DELIVER_S = 0.008  # the longest that one delivery keeps the main thread
MOST_RESTARTS, RESTARTS_WITHIN_S = 3, 60.0


class EngineProcessLike(Protocol):
    """What `rag_core.host.process.EngineProcess` offers; every method returns at once, but for `close`."""

    def start(self) -> None: ...
    def submit(self, job_id: int, job: Job) -> None: ...
    def cancel(self, job_id: int) -> None: ...
    def pause(self, job_id: int, paused: bool) -> None: ...
    def close(self, timeout_s: float) -> None: ...


OnEvent = Callable[[Event], None]
OnExit = Callable[[int], None]
MakeProcess = Callable[[OnEvent, OnExit], EngineProcessLike]


@dataclass(frozen=True, slots=True)
class _Exited:
    """The process has ended by itself."""

    reason: str


class EngineClient(QObject):
    """Fulfils `app.engine.jobs.EngineLink`. Nothing runs before `start`; jobs that were started earlier are sent
    then.
    """

    engine_ready = Signal()
    news_received = Signal(object)
    noticed = Signal(object)

    _arrived = Signal(bool)  # whether it cannot wait; emitted on the reader thread

    def __init__(
        self, make_process: MakeProcess, clock: Callable[[], float] = time.monotonic, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._make_process = make_process
        self._clock = clock
        self._process: EngineProcessLike | None = None
        self._generation = 0  # of the process; what an earlier one still says is not heard
        self._next_id = 1
        self._running: dict[int, JobHandle] = {}
        self._ids: dict[JobHandle, int] = {}
        self._inbox: deque[tuple[int, Event | _Exited]] = deque()
        self._announced = threading.Event()
        self._losses: list[float] = []
        self._is_given_up = False
        self._is_closed = False
        self._gathering = QTimer(self, interval=GATHER_MS, singleShot=True)
        self._gathering.timeout.connect(self._deliver)
        self._steering = Steering(self._start_job, self._cancel_job, self._pause_job)
        self._arrived.connect(self._schedule, Qt.ConnectionType.QueuedConnection)

    # What controllers use

    def job(self, job: Job) -> JobHandle:
        return JobHandle(job, self._steering)  # no parent: it lives until it has ended and nobody looks

    # Life of the process

    def start(self) -> None:
        """Start the process; jobs that wait are sent."""
        if self._process is not None or self._is_closed:
            return
        self._generation += 1
        generation = self._generation
        self._is_given_up = False
        process = self._make_process(
            lambda event: self._put(generation, event),
            lambda code: self._put(generation, _Exited(f"exit code {code}")),
        )
        try:
            process.start()
        except OSError as error:
            self._put(generation, _Exited(str(error)))
            return
        self._process = process
        for job_id, handle in self._running.items():
            process.submit(job_id, handle.job)
        self.engine_ready.emit()

    def start_again(self) -> None:
        """After the client gave up: as if nothing had happened."""
        self._losses.clear()
        self.start()

    def shutdown(self, timeout_s: float = 3.0) -> None:
        """End the process, by force after `timeout_s`. Nothing is delivered any more."""
        self._is_closed = True
        self._gathering.stop()
        self._generation += 1
        self._inbox.clear()
        process, self._process = self._process, None
        self._running.clear()
        self._ids.clear()
        if process is not None:
            process.close(timeout_s)

    # Jobs

    def _start_job(self, handle: JobHandle) -> None:
        job_id, self._next_id = self._next_id, self._next_id + 1
        self._running[job_id] = handle
        self._ids[handle] = job_id
        if self._process is not None:
            self._process.submit(job_id, handle.job)
        elif self._is_given_up or self._is_closed:
            self._put(self._generation, Event(job_id, self._failure()))

    def _cancel_job(self, handle: JobHandle) -> None:
        job_id = self._ids.get(handle)
        if job_id is None:
            return
        if self._process is not None:
            self._process.cancel(job_id)
        else:
            self._put(self._generation, Event(job_id, Stopped()))

    def _pause_job(self, handle: JobHandle, paused: bool) -> None:
        if self._process is not None and handle in self._ids:
            self._process.pause(self._ids[handle], paused)

    # What the process says

    def _put(self, generation: int, said: Event | _Exited) -> None:
        """From any thread. One signal is on its way at a time for what can wait; an ending brings its own."""
        self._inbox.append((generation, said))
        is_urgent = isinstance(said, _Exited) or isinstance(said.payload, Ending)
        if is_urgent or not self._announced.is_set():
            self._announced.set()
            self._arrived.emit(is_urgent)

    def _schedule(self, is_urgent: bool) -> None:
        if is_urgent:
            self._deliver()
        elif not self._gathering.isActive():
            self._gathering.start(GATHER_MS)

    def _deliver(self) -> None:
        self._gathering.stop()
        self._announced.clear()
        until = time.monotonic() + DELIVER_S
        while self._inbox:
            generation, said = self._inbox.popleft()
            if generation != self._generation:
                continue
            if isinstance(said, _Exited):
                self._lose(said.reason)
            else:
                self._hand_over(said)
            if time.monotonic() > until and self._inbox:
                self._gathering.start(0)  # the window gets its turn; then the rest
                return

    def _hand_over(self, event: Event) -> None:
        if event.job_id == NEWS:
            self.news_received.emit(event.payload)
            return
        handle = self._running.get(event.job_id)
        if handle is None:
            return
        if isinstance(event.payload, Ending):
            self._forget(event.job_id, handle)
        handle.receive(event.payload)

    def _forget(self, job_id: int, handle: JobHandle) -> None:
        del self._running[job_id]
        del self._ids[handle]

    def _lose(self, reason: str) -> None:
        """The running jobs fail, then the process is started again, unless it has been lost too often."""
        process, self._process = self._process, None
        if process is not None:
            process.close(0)
        now = self._clock()
        self._losses = [moment for moment in self._losses if now - moment < RESTARTS_WITHIN_S] + [now]
        self._is_given_up = len(self._losses) > MOST_RESTARTS
        failure = self._failure(reason)
        self._tell(failure)
        for job_id, handle in list(self._running.items()):
            self._forget(job_id, handle)
            handle.receive(failure)
        if not self._is_given_up:
            self.start()

    def _failure(self, reason: str = "") -> Failed:
        if self._is_given_up:
            text = tr("The part of Alcove that reads and answers keeps stopping.")
            return Failed("engine_lost", literal(text), literal(tr("What was stored is safe.")), reason)
        text = tr("The part of Alcove that reads and answers stopped and was started again.")
        return Failed("engine_lost", literal(text), literal(tr("What was stored is safe. Please try again.")), reason)

    def _tell(self, failure: Failed) -> None:
        """Once, whatever the jobs say: the window shows the same words only once."""
        notice = replace(notice_of(failure), lasting=self._is_given_up)
        if self._is_given_up:
            notice = replace(notice, action_label=tr("Start again"), action=self.start_again)
        else:
            notice = replace(notice, level="warning")
        self.noticed.emit(notice)
