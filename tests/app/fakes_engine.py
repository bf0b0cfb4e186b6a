"""An engine link without an engine: jobs wait until the test says what happens to them."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.engine.jobs import JobHandle, Steering
from rag_core.host.events import Failed, Finished, Stopped
from rag_core.host.jobs import Job
from rag_core.messages import literal

Kind = TypeVar("Kind", bound=Job)


class FakeEngine(QObject):
    """Fulfils `EngineLink`. `started` are the handles in order; a cancelled job stops at once.

    `answers` maps a kind of job to what it finishes with at once, for jobs that a test does not care about.
    """

    engine_ready = Signal()
    news_received = Signal(object)

    def __init__(self, answers: dict[type[Job], object] | None = None) -> None:
        super().__init__()
        self.answers = answers or {}
        self.started: list[JobHandle] = []

    def job(self, job: Job) -> JobHandle:
        return JobHandle(job, Steering(self._start, self._cancel, self._pause), self)

    def running(self, kind: type[Job]) -> list[JobHandle]:
        return [handle for handle in self.started if isinstance(handle.job, kind) and handle.is_running]

    def last(self, kind: type[Kind]) -> tuple[JobHandle, Kind]:
        """The latest job of a kind, running or not; AssertionError when there was none."""
        for handle in reversed(self.started):
            if isinstance(handle.job, kind):
                return handle, handle.job
        raise AssertionError(f"no {kind.__name__} was started")

    def send(self, kind: type[Job], *payloads: object) -> None:
        handle, _ = self.last(kind)
        for payload in payloads:
            handle.receive(payload)

    def finish(self, kind: type[Job], value: object = None) -> None:
        self.send(kind, Finished(value))

    def fail(self, kind: type[Job], message: str = "It did not work.", advice: str = "Try again.") -> None:
        self.send(kind, Failed("user", literal(message), literal(advice)))

    def _start(self, handle: JobHandle) -> None:
        self.started.append(handle)
        if type(handle.job) in self.answers:
            handle.receive(Finished(self.answers[type(handle.job)]))

    def _cancel(self, handle: JobHandle) -> None:
        handle.receive(Stopped())

    def _pause(self, handle: JobHandle, paused: bool) -> None:
        pass
