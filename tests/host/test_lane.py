"""A lane on the test's own thread: which step is next, and how each job ends."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from rag_core.errors import Cancelled, IndexMismatch, UserError
from rag_core.host.events import Event, Failed, Finished, Stopped
from rag_core.host.jobs import Job, Priority
from rag_core.host.lane import Lane, Work
from rag_core.host.reports import failed_by_bug
from rag_core.messages import literal
from rag_core.progress import CancelToken


class Slow(Job, priority=Priority.INDEXING):
    name: str
    steps: int = 3


class Urgent(Slow, priority=Priority.QUESTION):
    pass


@dataclass
class Script:
    """`after` maps a step's name to what happens when it has been taken."""

    after: dict[str, Callable[[], object]] = field(default_factory=dict)
    said: list[tuple[int, object]] = field(default_factory=list)
    cleaned: list[str] = field(default_factory=list)
    reports: Path = Path("reports")

    def __post_init__(self) -> None:
        self.lane = Lane(self.begin, self.say, lambda job, error: failed_by_bug(self.reports, job, error))

    def begin(self, job: Job, token: CancelToken) -> Work:
        assert isinstance(job, Slow)
        return self.work(job)

    def work(self, job: Slow) -> Generator[object, None, object]:
        try:
            for number in range(1, job.steps + 1):
                yield f"{job.name}{number}"
            return f"{job.name} done"
        finally:
            self.cleaned.append(job.name)

    def say(self, event: Event) -> None:
        self.said.append((event.job_id, event.payload))
        action = self.after.pop(str(event.payload), None)
        if action is not None:
            action()

    def run(self) -> list[object]:
        """Until nothing is left to do."""
        self.after["the end"] = self.lane.close
        self.lane.submit(99, Slow("the end", 0))
        self.after[str(Finished("the end done"))] = self.lane.close
        self.lane.run()
        return [payload for job_id, payload in self.said if job_id != 99]


def test_a_question_runs_to_its_end_between_two_steps_of_indexing() -> None:
    script = Script()
    script.after["a1"] = lambda: script.lane.submit(2, Urgent("q", 2))
    script.lane.submit(1, Slow("a", 2))
    assert script.run() == ["a1", "q1", "q2", Finished("q done"), "a2", Finished("a done")]


def test_jobs_of_one_priority_follow_each_other() -> None:
    script = Script()
    script.lane.submit(1, Slow("a", 1))
    script.lane.submit(2, Slow("b", 1))
    assert script.run() == ["a1", Finished("a done"), "b1", Finished("b done")]


def test_a_paused_job_lets_others_pass_and_goes_on_where_it_was() -> None:
    script = Script()
    script.after["a1"] = lambda: script.lane.pause(1)
    script.after[str(Finished("b done"))] = lambda: script.lane.pause(1, paused=False)
    script.lane.submit(1, Slow("a", 2))
    script.lane.submit(2, Slow("b", 1))
    assert script.run() == ["a1", "b1", Finished("b done"), "a2", Finished("a done")]


def test_a_cancelled_job_is_closed_and_says_so_once() -> None:
    script = Script()

    def cancel_twice() -> None:
        script.lane.cancel(1)
        script.lane.cancel(1)

    script.after["a1"] = cancel_twice
    script.lane.submit(1, Slow("a"))
    assert script.run() == ["a1", Stopped()]
    assert script.cleaned[0] == "a"


def test_a_job_that_waits_or_is_paused_can_be_cancelled() -> None:
    script = Script()
    script.lane.submit(1, Slow("a", 1))
    script.lane.submit(2, Slow("b", 1))
    script.lane.pause(1)
    script.lane.cancel(1)
    script.lane.cancel(2)
    assert script.run() == [Stopped(), Stopped()]
    assert script.cleaned == ["the end"], "what was never begun has nothing to clean up"


def test_closing_ends_every_job_with_a_last_word() -> None:
    script = Script()
    script.after["a1"] = script.lane.close
    for job_id, name in ((1, "a"), (2, "b")):
        script.lane.submit(job_id, Slow(name))
    assert script.run() == ["a1", Stopped(), Stopped()]


def test_each_kind_of_error_has_its_own_ending(tmp_path: Path) -> None:
    class Broken(Script):
        errors: ClassVar[dict[str, Exception]] = {
            "user": UserError("The disk is full.", "Make room."),
            "mismatch": IndexMismatch("Made with another model."),
            "stopped": Cancelled(),
            "memory": MemoryError(),
            "bug": ZeroDivisionError("secret words of a document " * 40),
        }

        def work(self, job: Slow) -> Generator[object, None, object]:
            yield from ()
            raise self.errors.get(job.name, StopIteration) if job.name != "the end" else UserError("over")

    script = Broken(reports=tmp_path / "reports")
    for number, name in enumerate(Broken.errors, 1):
        script.lane.submit(number, Slow(name))
    script.after[str(Failed("user", literal("over")))] = script.lane.close
    user, mismatch, stopped, memory, bug = script.run()
    assert user == Failed("user", literal("The disk is full."), literal("Make room."))
    assert isinstance(mismatch, Failed) and mismatch.kind == "mismatch" and mismatch.advice
    assert stopped == Stopped()
    assert isinstance(memory, Failed) and memory.kind == "user" and "memory" in str(memory.message)
    assert isinstance(bug, Failed) and bug.kind == "bug"
    assert Path(bug.report).read_text(encoding="utf-8") == bug.details
    assert "ZeroDivisionError" in bug.details and bug.details.count("secret words") < 10


def test_a_report_that_cannot_be_written_still_reaches_the_window(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file where a folder should be")
    failed = failed_by_bug(tmp_path / "reports", Slow("a"), ZeroDivisionError("x"))
    assert failed.report == "" and "ZeroDivisionError" in failed.details
