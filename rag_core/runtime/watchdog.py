"""Accelerator work on a thread of its own, so that a driver that hangs does not hang the program.

A run inside a driver cannot be killed. It is asked to stop, then left behind with its thread; the next work gets a new
one. All work of a process goes through one watchdog, one piece after the other: an NPU has one owner.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from types import TracebackType
from typing import Any, Generic, TypeVar

from rag_core.errors import Cancelled, DeviceFailed
from rag_core.messages import Message, say
from rag_core.progress import CancelToken

Result = TypeVar("Result")

_SLICE_S = 1.0  # a laptop that sleeps in the middle of a run loses one slice of its time, not all of it


class _Job(Generic[Result]):
    """One piece of work and what came of it. `changed` is set when it has ended, and when nobody wants it any more."""

    def __init__(self, work: Callable[[], Result], stop: Callable[[], None], limit_s: float) -> None:
        self._work = work
        self.stop = stop
        self.left_s = limit_s
        self.results: list[Result] = []
        self.error: BaseException | None = None
        self.done = threading.Event()
        self.changed = threading.Event()

    def execute(self) -> None:
        with self:
            self.results.append(self._work())

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _where: TracebackType | None
    ) -> bool:
        """Whatever went wrong belongs to the one who waits, not to this thread."""
        self.error = error
        self.done.set()
        self.changed.set()
        return True

    def wait(self) -> bool:
        """Until it has changed or its time is up; False then."""
        while self.left_s > 0:
            if self.changed.wait(min(_SLICE_S, self.left_s)):
                return True
            self.left_s -= _SLICE_S
        return self.changed.is_set()

    def result(self) -> Result:
        if self.error is not None:
            raise self.error
        return self.results[0]


class _Worker(threading.Thread):
    """Does jobs until there has been none for a while. A daemon: it may be stuck in a driver when the program ends."""

    def __init__(self, idle_s: float) -> None:
        super().__init__(name="accelerator", daemon=True)
        self._idle_s = idle_s
        self._condition = threading.Condition()
        self._jobs: list[_Job[Any]] = []
        self._ended = False

    def take(self, job: _Job[Any]) -> bool:
        """False when the worker has gone."""
        with self._condition:
            if not self._ended:
                self._jobs.append(job)
                self._condition.notify()
            return not self._ended

    def dismiss(self) -> None:
        """It ends after what it is doing."""
        with self._condition:
            self._ended = True
            self._condition.notify()

    def run(self) -> None:
        while self._one():
            pass

    def _one(self) -> bool:
        with self._condition:
            self._condition.wait_for(lambda: self._jobs or self._ended, timeout=self._idle_s)
            if not self._jobs:
                self._ended = True
                return False
            job = self._jobs.pop(0)
        job.execute()
        return True


class Watchdog:
    """`run` may be called from any thread. `grace_s` is what a run that was asked to stop has left for it, `idle_s` how
    long the thread waits for more work before it ends (which takes back the power that its runs asked for).
    """

    def __init__(self, grace_s: float = 5.0, idle_s: float = 1.0) -> None:
        self._grace_s = grace_s
        self._idle_s = idle_s
        self._turn = threading.Lock()
        self._worker: _Worker | None = None
        self._unwanted: _Job[Any] | None = None

    def run(
        self,
        work: Callable[[], Result],
        stop: Callable[[], None],
        limit_s: float,
        what: Message,
        cancel: CancelToken | None = None,
    ) -> Result:
        """Do `work` on the worker; `stop` asks it to end early, `what` names the device, as a sentence begins.

        Raises what `work` raises; Cancelled at once, while `work` comes to its end by itself; DeviceFailed when it
        takes longer than `limit_s` seconds.
        """
        job = _Job(work, stop, limit_s)
        with self._turn:
            self._let_end(what)
            if cancel is not None:
                cancel.raise_if_cancelled()
            self._start(job)
            forget = cancel.on_cancel(lambda: _cancel(job)) if cancel is not None else lambda: None
            try:
                in_time = job.wait()
            finally:
                forget()
            if not in_time:
                self._give_up(job, limit_s, what)
            if not job.done.is_set():
                self._unwanted = job
                raise Cancelled
        if cancel is not None and cancel.cancelled:
            raise Cancelled from job.error
        return job.result()

    def close(self) -> None:
        """End the thread; the next `run` starts another one."""
        with self._turn:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.dismiss()

    def _start(self, job: _Job[Result]) -> None:
        if self._worker is None or not self._worker.take(job):
            self._worker = _Worker(self._idle_s)
            self._worker.take(job)
            self._worker.start()

    def _let_end(self, what: Message) -> None:
        """Wait for a run that was cancelled and was still going on."""
        job, self._unwanted = self._unwanted, None
        if job is None:
            return
        job.changed = job.done
        if not job.wait():
            self._give_up(job, 0, what)

    def _give_up(self, job: _Job[Result], limit_s: float, what: Message) -> None:
        job.stop()
        stopped = job.done.wait(self._grace_s)
        if not stopped and self._worker is not None:
            self._worker.dismiss()
            self._worker = None
        how = say("and-was-stopped") if stopped else say("and-did-not-stop")
        if limit_s:
            late = say("device-did-not-finish-in-time", device=what, seconds=limit_s, how=how)
        else:
            late = say("device-did-not-finish", device=what, how=how)
        raise DeviceFailed(late, say("processor-can-do-it"))


def _cancel(job: _Job[Result]) -> None:
    job.stop()
    job.changed.set()


@cache
def the_watchdog() -> Watchdog:
    """The one of this process."""
    return Watchdog()
