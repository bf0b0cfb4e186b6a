"""A lane: one thread that does jobs step by step, always a step of the most urgent one next.

Jobs are generators. Between two steps of a slow job a more urgent one runs to its end; a paused job keeps its place and
lets others pass; a cancelled one is closed as soon as the step that is running ends. Here, and nowhere else, whatever a
job raises becomes the last word that the window hears of it.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from rag_core.errors import Cancelled, IndexMismatch, UserError
from rag_core.host.events import Ending, Event, Failed, Finished, Stopped
from rag_core.host.jobs import Job
from rag_core.messages import say
from rag_core.progress import CancelToken

Work = Generator[object, None, object]
REBUILD = say("make-searchable-again")


@dataclass(slots=True)
class _Task:
    job_id: int
    job: Job
    number: int
    token: CancelToken = field(default_factory=CancelToken)
    work: Work | None = None
    paused: bool = False

    @property
    def ready(self) -> bool:
        return not self.paused or self.token.cancelled

    @property
    def urgency(self) -> tuple[bool, int, int]:
        """The smallest is next: what is to be stopped, then by priority, then in the order of coming."""
        return (not self.token.cancelled, self.job.priority, self.number)


class Lane:
    """`run` does the work on the thread that calls it, until `close`. The other methods may be called from any thread.

    `begin` makes the generator of a job; `say` takes its events; `report` writes down a mistake of ours and returns
    how it is told.
    """

    def __init__(
        self,
        begin: Callable[[Job, CancelToken], Work],
        say: Callable[[Event], None],
        report: Callable[[Job, Exception], Failed],
    ) -> None:
        self._begin = begin
        self._say = say
        self._report = report
        self._tasks: dict[int, _Task] = {}
        self._changed = threading.Condition(threading.RLock())
        self._numbers = itertools.count()
        self._closing = False

    def submit(self, job_id: int, job: Job) -> None:
        with self._changed:
            self._tasks[job_id] = _Task(job_id, job, next(self._numbers))
            self._changed.notify()

    def cancel(self, job_id: int) -> None:
        """Interrupts a running model at once; the job ends when its step does."""
        with self._changed:
            task = self._tasks.get(job_id)
        if task is not None:
            task.token.cancel()
            with self._changed:
                self._changed.notify()

    def pause(self, job_id: int, paused: bool = True) -> None:
        with self._changed:
            if job_id in self._tasks:
                self._tasks[job_id].paused = paused
                self._changed.notify()

    def close(self) -> None:
        """Every job is stopped, as if it had been cancelled; then `run` returns."""
        with self._changed:
            self._closing = True
            tasks = list(self._tasks.values())
            self._changed.notify()
        for task in tasks:
            task.token.cancel()

    def stop_others(self, current: CancelToken, concerned: Callable[[Job], bool]) -> None:
        """Stop, now, every job that is concerned but the current one. Only from inside a step of this lane."""
        with self._changed:
            others = [task for task in self._tasks.values() if task.token is not current and concerned(task.job)]
        for task in others:
            task.token.cancel()
            self._step(task)

    def run(self) -> None:
        while (task := self._next()) is not None:
            self._step(task)

    def _next(self) -> _Task | None:
        """The task whose step is due; waits for one. None when the lane is closed and all tasks have ended."""
        with self._changed:
            while True:
                ready = [task for task in self._tasks.values() if task.ready]
                if ready:
                    task = min(ready, key=lambda task: task.urgency)
                    if self._closing:
                        task.token.cancel()
                    return task
                if self._closing:
                    return None
                self._changed.wait()

    def _step(self, task: _Task) -> None:
        payload = self._advance(task)
        if isinstance(payload, Ending):
            with self._changed:
                self._tasks.pop(task.job_id, None)
        self._say(Event(task.job_id, payload))

    def _advance(self, task: _Task) -> object:
        """What the next step gives, or how the job ended."""
        try:
            if task.token.cancelled:
                if task.work is not None:
                    task.work.close()
                return Stopped()
            if task.work is None:
                task.work = self._begin(task.job, task.token)
            return next(task.work)
        except StopIteration as end:
            return Finished(end.value)
        except Cancelled:
            return Stopped()
        except UserError as error:
            return Failed("user", error.message, error.advice)
        except IndexMismatch as error:
            return Failed("mismatch", error.message, REBUILD)
        except MemoryError:
            return Failed("user", say("memory-short"), say("close-programs-and-retry"))
        except Exception as error:  # noqa: BLE001 - a bug of ours ends its job, not the engine
            return self._report(task.job, error)
