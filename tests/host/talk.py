"""A host on a thread of the test, with fake models, spoken to over real pipes."""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

from models.making import PackMaker
from rag_core.engine.models import Models
from rag_core.host.commands import Cancel, Close, Command, Pause, Submit
from rag_core.host.events import Ending, Event, Failed, Finished, Stopped
from rag_core.host.host import Host
from rag_core.host.jobs import Job, ListLibraries
from rag_core.host.silence import Silence
from rag_core.paths import DataDir
from rag_core.process.wire import receive, send
from tests.fakes_models import FakeModels

PATIENCE_S = 30
Payload = TypeVar("Payload")


@dataclass
class Heard:
    """What was said, by any engine; `hear` is called from its thread."""

    events: list[Event] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def hear(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def of(self, job_id: int, kind: type[Payload]) -> list[Payload]:
        with self._changed:
            return [e.payload for e in self.events if e.job_id == job_id and isinstance(e.payload, kind)]

    def endings(self, job_id: int) -> list[Ending]:
        return [*self.of(job_id, Finished), *self.of(job_id, Failed), *self.of(job_id, Stopped)]

    def until(self, happened: Callable[[], object]) -> None:
        with self._changed:
            assert self._changed.wait_for(happened, PATIENCE_S), self.events[-5:]

    def ending(self, job_id: int) -> Ending:
        """Waits for the last word of a job."""
        self.until(lambda: self.endings(job_id))
        (ending,) = self.endings(job_id)
        return ending

    def value(self, job_id: int) -> object:
        ending = self.ending(job_id)
        assert isinstance(ending, Finished), ending
        return ending.value

    def failure(self, job_id: int) -> Failed:
        ending = self.ending(job_id)
        assert isinstance(ending, Failed), ending
        return ending


@dataclass
class Talk(Heard):
    """One host. `start` gives a job's number back."""

    outgoing: IO[bytes] | None = None
    _last: int = 0

    def send(self, command: Command) -> None:
        assert self.outgoing is not None
        send(self.outgoing, pickle.dumps(command))

    def start(self, job: Job) -> int:
        self._last += 1
        self.send(Submit(self._last, job))
        return self._last

    def do(self, job: Job) -> object:
        return self.value(self.start(job))

    def cancel(self, job_id: int) -> None:
        self.send(Cancel(job_id))

    def pause(self, job_id: int, paused: bool = True) -> None:
        self.send(Pause(job_id, paused))

    def settle(self) -> None:
        """Afterwards everything that was sent has arrived."""
        self.do(ListLibraries())

    def listen(self, incoming: IO[bytes]) -> None:
        while (payload := receive(incoming)) is not None:
            for event in pickle.loads(payload):
                self.hear(event)


@contextmanager
def host(data: Path, models: Models | None = None) -> Iterator[Talk]:
    """A host that serves while the block runs. Then it is closed, whatever it was doing, and no thread is left."""
    used = models or FakeModels()
    to_host, from_test = os.pipe()
    to_test, from_host = os.pipe()
    with os.fdopen(to_host, "rb") as commands, os.fdopen(from_host, "wb") as said:
        talk = Talk(outgoing=os.fdopen(from_test, "wb"))
        served = Host(DataDir(data), Silence(), PackMaker(), lambda data_dir, settings: used)
        with os.fdopen(to_test, "rb") as events:
            threads = [
                threading.Thread(target=served.serve, args=(commands, said), name="host"),
                threading.Thread(target=talk.listen, args=(events,), name="talk"),
            ]
            for thread in threads:
                thread.start()
            try:
                yield talk
            finally:
                talk.send(Close())
                threads[0].join(PATIENCE_S)
                said.close()
                threads[1].join(PATIENCE_S)
                assert talk.outgoing is not None
                talk.outgoing.close()
