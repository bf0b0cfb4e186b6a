"""The window's end of the engine process, over a process that does what the test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.engine.client import EngineClient
from app.engine.jobs import JobHandle
from app.kit.notices import Notice
from app.shell.application import engine_process
from rag_core.host.events import Event, Failed, Finished, Stopped
from rag_core.host.jobs import AddPaths, Job, ListLibraries
from rag_core.paths import DataDir
from rag_core.progress import Progress


class FakeProcess:
    """Notes what it is asked; `on_event` and `on_exit` are the test's to call."""

    def __init__(self, on_event: Callable[[Event], None], on_exit: Callable[[int], None]) -> None:
        self.on_event, self.on_exit = on_event, on_exit
        self.submitted: dict[int, Job] = {}
        self.cancelled: list[int] = []
        self.is_closed = False

    def start(self) -> None: ...

    def submit(self, job_id: int, job: Job) -> None:
        self.submitted[job_id] = job

    def cancel(self, job_id: int) -> None:
        self.cancelled.append(job_id)

    def pause(self, job_id: int, paused: bool) -> None: ...

    def close(self, timeout_s: float) -> None:
        self.is_closed = True


class Bench:
    """A client, the processes that it started, and a clock that the test moves."""

    def __init__(self) -> None:
        self.processes: list[FakeProcess] = []
        self.now = 0.0
        self.client = EngineClient(self._make, lambda: self.now)

    def _make(self, on_event: Callable[[Event], None], on_exit: Callable[[int], None]) -> FakeProcess:
        self.processes.append(FakeProcess(on_event, on_exit))
        return self.processes[-1]

    def job(self) -> tuple[JobHandle, list[object]]:
        """A started job, and everything that it has said, in order."""
        said: list[object] = []
        handle = self.client.job(ListLibraries())
        handle.event_received.connect(said.append)
        handle.finished.connect(said.append)
        handle.failed.connect(said.append)
        handle.stopped.connect(lambda: said.append("stopped"))
        handle.start()
        return handle, said


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = Bench()
    yield made
    made.client.shutdown()


def test_jobs_that_were_started_before_the_process_are_sent_to_it(bench: Bench, qtbot: QtBot) -> None:
    _, said = bench.job()
    bench.client.start()
    assert list(bench.processes[0].submitted) == [1]
    bench.processes[0].on_event(Event(1, Finished("libraries")))
    qtbot.waitUntil(lambda: said == ["libraries"])


def test_payloads_arrive_in_order_and_later_than_they_were_said(bench: Bench, qtbot: QtBot) -> None:
    bench.client.start()
    _, said = bench.job()
    steps = [Progress("embed", n, 500) for n in range(500)]
    for step in steps:
        bench.processes[0].on_event(Event(1, step))
    assert said == []
    bench.processes[0].on_event(Event(1, Finished(None)))
    qtbot.waitUntil(lambda: said == [*steps, None])


def test_a_cancelled_job_stops_even_when_no_process_has_it(bench: Bench, qtbot: QtBot) -> None:
    handle, said = bench.job()
    handle.cancel()
    qtbot.waitUntil(lambda: said == ["stopped"])
    bench.client.start()
    assert bench.processes[0].submitted == {}


def test_a_running_job_is_cancelled_by_its_process(bench: Bench, qtbot: QtBot) -> None:
    bench.client.start()
    handle, said = bench.job()
    handle.cancel()
    assert bench.processes[0].cancelled == [1]
    bench.processes[0].on_event(Event(1, Stopped()))
    qtbot.waitUntil(lambda: said == ["stopped"])
    handle.cancel()
    assert bench.processes[0].cancelled == [1]


def test_a_lost_process_fails_its_jobs_and_is_started_again(bench: Bench, qtbot: QtBot) -> None:
    bench.client.start()
    _, said = bench.job()
    with qtbot.waitSignals([bench.client.noticed, bench.client.engine_ready]):
        bench.processes[0].on_exit(-11)
    assert isinstance(said[0], Failed) and said[0].kind == "engine_lost"
    assert len(bench.processes) == 2
    _, again = bench.job()
    bench.processes[0].on_event(Event(2, Finished("of the dead")))
    bench.processes[1].on_event(Event(2, Finished("of the living")))
    qtbot.waitUntil(lambda: again == ["of the living"])


def test_a_process_that_keeps_ending_is_left_alone_until_the_person_says_so(bench: Bench, qtbot: QtBot) -> None:
    notices: list[Notice] = []
    bench.client.noticed.connect(notices.append)
    bench.client.start()
    for lost in range(4):
        bench.processes[-1].on_exit(1)
        qtbot.waitUntil(lambda count=lost + 1: len(notices) == count)  # type: ignore[misc]
    assert len(bench.processes) == 4
    _, said = bench.job()
    qtbot.waitUntil(lambda: len(said) == 1)
    assert isinstance(said[0], Failed) and said[0].kind == "engine_lost"
    assert notices[-1].action_label == "Start again" and notices[-1].action is not None
    notices[-1].action()
    assert len(bench.processes) == 5


def test_losses_that_lie_further_apart_are_forgiven(bench: Bench, qtbot: QtBot) -> None:
    bench.client.start()
    for _ in range(6):
        bench.now += 31
        with qtbot.waitSignal(bench.client.engine_ready):
            bench.processes[-1].on_exit(1)
    assert len(bench.processes) == 7


def test_after_the_shutdown_nothing_arrives(bench: Bench, qtbot: QtBot) -> None:
    bench.client.start()
    _, said = bench.job()
    process = bench.processes[0]
    process.on_event(Event(1, Finished("late")))
    bench.client.shutdown()
    process.on_exit(0)
    qtbot.wait(1)  # what is queued for the event loop has its turn
    assert said == [] and process.is_closed and len(bench.processes) == 1


def test_a_failing_slot_does_not_keep_others_from_hearing(bench: Bench, qtbot: QtBot) -> None:
    bench.client.start()
    first, _ = bench.job()
    _, said = bench.job()

    def fail(_: object) -> None:
        raise RuntimeError("a mistake in a slot")

    first.finished.connect(fail)
    with qtbot.captureExceptions() as caught:
        bench.processes[0].on_event(Event(1, Finished(None)))
        bench.processes[0].on_event(Event(2, Finished("heard")))
        qtbot.waitUntil(lambda: said == ["heard"])
    assert len(caught) == 1


@pytest.mark.e2e
def test_the_real_process_answers_survives_a_kill_and_leaves_nothing(tmp_path: Path, qtbot: QtBot) -> None:
    client = EngineClient(engine_process(DataDir(tmp_path)))
    client.start()
    job = client.job(ListLibraries())
    with qtbot.waitSignal(job.finished, timeout=20_000) as finished:
        job.start()
    assert finished.args == [()]
    process = client._process  # the real one: the test kills it
    assert process is not None
    adding = client.job(AddPaths("nobody", (tmp_path,)))
    with qtbot.waitSignals([adding.failed, client.engine_ready], timeout=20_000):
        adding.start()
        _kill(process.pid)  # type: ignore[attr-defined]
    again = client.job(ListLibraries())
    with qtbot.waitSignal(again.ended, timeout=20_000):
        again.start()
    last = client._process.pid  # type: ignore[union-attr]
    client.shutdown()
    import psutil

    assert not psutil.pid_exists(last)


def _kill(pid: int) -> None:
    import psutil

    psutil.Process(pid).kill()
