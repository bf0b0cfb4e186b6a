"""The engine as a real process: it speaks, it ends when it is told to or left alone, and its death is noticed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from rag_core.engine import Engine
from rag_core.host import jobs
from rag_core.host.events import Event, SilenceReport
from rag_core.host.process import EngineProcess
from rag_core.library.records import LibraryInfo
from rag_core.messages import say
from rag_core.paths import SAMPLES, DataDir
from rag_core.progress import Progress
from rag_core.types import Answer, SearchResult, TextStreamed
from tests.host.talk import PATIENCE_S, Heard

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Watched(Heard):
    """A process and what it said. `exited` is set, with its code, when it ended unasked."""

    code: int | None = None
    exited: threading.Event = field(default_factory=threading.Event)

    def on_exit(self, code: int) -> None:
        self.code = code
        self.exited.set()


@contextmanager
def engine(data: Path) -> Iterator[tuple[EngineProcess, Watched]]:
    """Afterwards neither the process nor a child of it is left."""
    watched = Watched()
    process = EngineProcess(data, watched.hear, watched.on_exit)
    process.start()
    try:
        yield process, watched
    finally:
        family = children_of(process.pid)
        process.close()
        assert not [one for one in family if one.is_running()]


def children_of(pid: int) -> list[psutil.Process]:
    try:
        return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def test_it_works_and_ends_when_told(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    with engine(data) as (process, watched):
        process.submit(1, jobs.CreateLibrary("office"))
        info = watched.value(1)
        assert isinstance(info, LibraryInfo) and info.folder == data / "libraries" / "office"
        process.submit(2, jobs.AddPaths("office", (tmp_path,)))
        assert "Prepare the models" in str(watched.failure(2).advice)
        process.submit(3, jobs.CheckStages())
        checks = watched.value(3)
        assert isinstance(checks, tuple)
        assert [check.provider for check in checks] == ["", ""] and all(check.reason for check in checks)
    assert not watched.exited.is_set()


def test_it_keeps_off_the_network_and_shows_it(tmp_path: Path) -> None:
    with engine(tmp_path) as (process, watched):
        process.submit(1, jobs.ProveSilence())
        report = watched.value(1)
        assert isinstance(report, SilenceReport)
        assert process.pid in report.process_ids
        assert report.refused == () and not report.connections


def test_a_crash_is_noticed(tmp_path: Path) -> None:
    with engine(tmp_path) as (process, watched):
        process.submit(1, jobs.ListLibraries())
        watched.value(1)
        psutil.Process(process.pid).kill()
        assert watched.exited.wait(PATIENCE_S)
        assert watched.code not in (None, 0)
        process.submit(2, jobs.ListLibraries())
        process.cancel(2)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_what_killed_it_is_in_the_log(tmp_path: Path) -> None:
    with engine(tmp_path) as (process, watched):
        process.submit(1, jobs.ListLibraries())
        watched.value(1)
        os.kill(process.pid, signal.SIGSEGV)
        assert watched.exited.wait(PATIENCE_S)
    assert "Segmentation fault" in DataDir(tmp_path).engine_log.read_text(encoding="utf-8", errors="replace")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_ctrl_c_is_not_its_business(tmp_path: Path) -> None:
    with engine(tmp_path) as (process, watched):
        process.submit(1, jobs.ListLibraries())
        watched.value(1)
        os.kill(process.pid, signal.SIGINT)
        process.submit(2, jobs.ListLibraries())
        watched.value(2)


def test_it_ends_with_its_parent_however_that_ends(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from rag_core.host.process import EngineProcess\n"
        f"process = EngineProcess(Path({str(tmp_path)!r}), print, print); process.start()\n"
        "print(process.pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        orphan = psutil.Process(pid)
        parent.kill()
        orphan.wait(PATIENCE_S)


def test_closing_twice_or_before_the_start_is_harmless(tmp_path: Path) -> None:
    process = EngineProcess(tmp_path, lambda event: None, lambda code: None)
    process.close()
    process.start()
    process.close()
    process.close()


def test_it_can_be_closed_from_its_own_exit_call(tmp_path: Path) -> None:
    closed = threading.Event()

    def on_exit(code: int) -> None:
        process.close()
        closed.set()

    process = EngineProcess(tmp_path, lambda event: None, on_exit)
    process.start()
    psutil.Process(process.pid).kill()
    assert closed.wait(PATIENCE_S)


@pytest.mark.packs
@pytest.mark.e2e
def test_the_samples_are_added_and_asked_with_the_real_models(tmp_path: Path, packs_dir: Path) -> None:
    (tmp_path / "packs").symlink_to(packs_dir, target_is_directory=True)
    with engine(tmp_path) as (process, watched):
        process.submit(1, jobs.CheckStages())
        process.submit(2, jobs.AddPaths("samples", (SAMPLES,)))
        checks = watched.value(1)
        assert isinstance(checks, tuple)
        assert [check.provider for check in checks] == ["CPUExecutionProvider"] * 3
        assert all(check.device and check.elapsed_ms > 0 for check in checks)
        watched.value(2)
        process.submit(3, jobs.AskQuestion("samples", "How many days of annual leave do full-time employees get?"))
        answer = watched.value(3)
        assert isinstance(answer, Answer) and "25" in answer.text and answer.citations
        assert answer.counts["reused_tokens"] > 100, "the check has prepared the beginning of the prompt"
        events = [event.payload for event in watched.events if event.job_id == 3]
        assert isinstance(events[0], SearchResult)
        assert "".join(e.text for e in events if isinstance(e, TextStreamed)) == answer.text


@pytest.mark.packs
@pytest.mark.e2e
def test_closed_in_the_middle_it_is_gone_in_time_and_the_library_is_whole(tmp_path: Path, packs_dir: Path) -> None:
    (tmp_path / "packs").symlink_to(packs_dir, target_is_directory=True)
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(60):
        paragraphs = (f"Paragraph {i} of document {number} tells something of its own. " * 8 for i in range(12))
        (folder / f"{number}.txt").write_text("\n\n".join(paragraphs))
    with engine(tmp_path) as (process, watched):
        process.submit(1, jobs.AddPaths("office", (folder,)))
        watched.until(lambda: [p for p in watched.of(1, Progress) if p.stage == "embed" and p.done])
        process.submit(2, jobs.AskQuestion("office", "What does paragraph 3 tell?"))
        watched.until(lambda: watched.of(2, SearchResult))
        started = time.monotonic()
        process.close()
        assert time.monotonic() - started < 4
    with engine(tmp_path) as (process, watched):
        process.submit(1, jobs.AddPaths("office", (folder,)))
        watched.value(1)
    with Engine(DataDir(tmp_path), "office", read_only=True) as opened:
        found = {check.name: check.found for check in opened.health()}
    assert found[say("check-damage")] == say("zero-orphans")
    assert found[say("check-without-vector")] == say("count", count=0)


def test_nothing_is_heard_after_closing(tmp_path: Path) -> None:
    heard: list[Event] = []
    process = EngineProcess(tmp_path, heard.append, lambda code: heard.append(Event(0, code)))
    process.start()
    for job_id in range(1, 50):
        process.submit(job_id, jobs.ListLibraries())
    process.close()
    assert not psutil.pid_exists(process.pid)
    assert "engine-events" not in [thread.name for thread in threading.enumerate()]
    assert all(event.job_id for event in heard)


def test_a_process_that_does_not_read_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    monkeypatch.setattr("rag_core.process.children.child_command", lambda kind: asleep)

    def submit_many() -> None:
        for job_id in range(10_000):
            process.submit(job_id, jobs.ListConversations("office"))

    process = EngineProcess(tmp_path, lambda event: None, lambda code: None)
    process.start()
    submitting = threading.Thread(target=submit_many, name="submitting", daemon=True)
    submitting.start()
    submitting.join(PATIENCE_S)
    has_submitted = not submitting.is_alive()
    process.close(timeout_s=0.1)
    assert has_submitted
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("engine-")]


def test_a_long_log_makes_room_for_a_new_one(tmp_path: Path) -> None:
    log = DataDir(tmp_path).engine_log
    log.write_bytes(b"old words\n" * 200_000)
    with engine(tmp_path) as (process, watched):
        process.submit(1, jobs.ListLibraries())
        watched.value(1)
    assert log.stat().st_size == 0
    assert log.with_name("engine.log.1").stat().st_size == 2_000_000
