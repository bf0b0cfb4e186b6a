"""What failed is remembered: what was told, and what ended the process before it could tell."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rag_core.errors import DeviceFailed
from rag_core.messages import NOTHING, literal
from rag_core.paths import replace_file
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.plugins import CPU, QNN, Plugin
from rag_core.storage.file_lock import FileLock

CRASH = """
import os, sys
from pathlib import Path
from rag_core.runtime.breaker import Breaker
with Breaker(Path(sys.argv[1])).at_work("QNNExecutionProvider", "generate", sys.argv[2]):
    os._exit(139)
"""
END_ON_PURPOSE = """
import os, sys
from pathlib import Path
from rag_core.runtime.breaker import Breaker
with Breaker(Path(sys.argv[1])).at_work("QNNExecutionProvider", "generate"):
    Breaker(Path(sys.argv[1])).excuse()
    os._exit(0)
"""
FAIL_OFTEN = """
import sys
from pathlib import Path
from rag_core.messages import literal
from rag_core.runtime.breaker import Breaker
breaker = Breaker(Path(sys.argv[1]))
for number in range(25):
    breaker.failed("QNNExecutionProvider", f"{sys.argv[2]} {number}", literal("It broke."))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "devices.json"


def crash(path: Path, graph: str = "step") -> None:
    """A process that ends while the NPU is at work."""
    assert subprocess.run([sys.executable, "-c", CRASH, str(path), graph], check=False).returncode == 139


def test_a_failure_blocks_its_stage_until_another_try_is_wanted(path: Path) -> None:
    Breaker(path).failed(QNN, "generate", literal("The Snapdragon NPU did not answer."))
    breaker = Breaker(path)  # the next start
    assert str(breaker.blocked(QNN, "generate")) == "It failed before: The Snapdragon NPU did not answer."
    assert (breaker.blocked(QNN, "embed"), breaker.blocked(CPU, "generate")) == (NOTHING, NOTHING)
    breaker.retry()
    assert (breaker.blocked(QNN, "generate"), Breaker(path).blocked(QNN, "generate")) == (NOTHING, NOTHING)


def test_another_version_of_the_runtime_gets_another_chance(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Breaker(path).failed(QNN, "generate", literal("It broke."))
    newer = Plugin(QNN, "numpy", "numpy", "The NPU's runtime")  # any package that is installed
    monkeypatch.setattr("rag_core.runtime.plugins.PLUGINS", (newer,))
    assert not Breaker(path).blocked(QNN, "generate")


def test_two_unexpected_ends_in_a_row_block(path: Path) -> None:
    crash(path)
    assert not Breaker(path).blocked(QNN, "generate")
    crash(path)
    breaker = Breaker(path)
    reason = "Alcove ended unexpectedly 2 times while the Snapdragon NPU was at work."
    assert [str(breaker.blocked(QNN, "generate")) for _ in range(2)] == [reason, reason]
    breaker.retry()
    assert not breaker.blocked(QNN, "generate")


def test_an_end_between_two_good_starts_does_not_count(path: Path) -> None:
    crash(path)
    with Breaker(path).at_work(QNN, "generate", "step"):
        pass
    crash(path)
    assert not Breaker(path).blocked(QNN, "generate")


def test_a_graph_that_works_does_not_excuse_another_that_ends_the_process(path: Path) -> None:
    for _ in range(2):
        with Breaker(path).at_work(QNN, "generate", "step-512"):
            pass
        crash(path, "step-1024")
    assert "ended unexpectedly 2 times" in str(Breaker(path).blocked(QNN, "generate"))
    assert not Breaker(path).blocked(QNN, "embed")


def test_graphs_that_were_at_work_together_are_one_end(path: Path) -> None:
    """Two graphs of one answer, both tried for the first time: it is not known which of them ended the process."""
    both = CRASH.replace(
        "    os._", '    with Breaker(Path(sys.argv[1])).at_work("QNNExecutionProvider", "generate"): os._'
    )
    subprocess.run([sys.executable, "-c", both, str(path), "read"], check=False)
    breaker = Breaker(path)
    assert breaker.unexpected_ends() == ((QNN, "generate"),)
    assert breaker.unexpected_ends() == ()
    assert not breaker.blocked(QNN, "generate")


def test_a_process_that_ends_on_purpose_is_no_unexpected_end(path: Path) -> None:
    with Breaker(path).at_work(QNN, "embed"):  # another process: this one
        for _ in range(2):
            subprocess.run([sys.executable, "-c", END_ON_PURPOSE, str(path)], check=True)
        assert Breaker(path).unexpected_ends() == ()
        assert not Breaker(path).blocked(QNN, "generate")


def test_a_failure_that_raises_is_no_unexpected_end(path: Path) -> None:
    for _ in range(3):
        with pytest.raises(DeviceFailed), Breaker(path).at_work(QNN, "generate"):
            raise DeviceFailed("It broke.")
    assert not Breaker(path).blocked(QNN, "generate")


def test_work_of_a_process_that_goes_on_is_no_unexpected_end(path: Path) -> None:
    with Breaker(path).at_work(QNN, "generate"):
        for _ in range(3):
            assert not Breaker(path).blocked(QNN, "generate")


def test_the_marker_stays_until_the_last_thread_is_back(path: Path) -> None:
    breaker = Breaker(path)
    inside, leave = threading.Event(), threading.Event()

    def work() -> None:
        with breaker.at_work(QNN, "embed"):
            inside.set()
            leave.wait()

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait()
    with breaker.at_work(QNN, "embed"):
        pass
    assert "QNNExecutionProvider/embed" in path.read_text(encoding="utf-8")
    leave.set()
    thread.join()
    assert "QNNExecutionProvider/embed" not in path.read_text(encoding="utf-8")


def test_the_marker_of_one_owner_is_not_taken_away_by_another(path: Path) -> None:
    with Breaker(path).at_work(QNN, "generate", "step"):
        with Breaker(path).at_work(QNN, "generate", "step"):
            pass
        assert "generate" in path.read_text(encoding="utf-8")
        Breaker(path).retry()
        assert "generate" in path.read_text(encoding="utf-8")
    assert "generate" not in path.read_text(encoding="utf-8")


def test_processes_that_write_at_once_lose_nothing_of_each_other(path: Path) -> None:
    names = ("engine", "command line", "another")
    writing = [subprocess.Popen([sys.executable, "-c", FAIL_OFTEN, str(path), name]) for name in names]
    assert [process.wait() for process in writing] == [0, 0, 0]
    breaker = Breaker(path)
    assert all(breaker.blocked(QNN, f"{name} {number}") for name in names for number in range(25))


def test_a_lock_that_cannot_be_had_is_not_waited_for_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag_core.runtime.device_file._PATIENCE_S", 0.01)
    path.parent.mkdir()
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    assert lock.acquire()
    Breaker(path).failed(QNN, "generate", literal("It broke."))
    assert "It broke." in str(Breaker(path).blocked(QNN, "generate"))
    lock.release()


def test_a_file_that_another_process_is_reading_is_written_a_moment_later(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = [PermissionError, PermissionError]

    def replace_file_on_windows(target: Path, content: bytes) -> None:
        if refusals:
            raise refusals.pop()
        replace_file(target, content)

    monkeypatch.setattr("rag_core.runtime.device_file.replace_file", replace_file_on_windows)
    Breaker(path).failed(QNN, "generate", literal("It broke."))
    assert "It broke." in str(Breaker(path).blocked(QNN, "generate"))


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"failed": 7, "at_work": {"a/b": 1}, "unexpected_ends": {"a/b": "x"}}']
)
def test_a_damaged_file_is_forgotten(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    breaker = Breaker(path)
    assert not breaker.blocked(QNN, "generate")
    breaker.failed(QNN, "generate", literal("It broke."))
    assert "It broke." in str(Breaker(path).blocked(QNN, "generate"))


def test_where_nothing_can_be_written_it_is_remembered_until_the_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    breaker = Breaker(tmp_path / "file" / "devices.json")
    breaker.failed(QNN, "generate", literal("It broke."))
    with breaker.at_work(QNN, "embed"):
        assert "It broke." in str(breaker.blocked(QNN, "generate"))
    assert not breaker.blocked(QNN, "embed")
