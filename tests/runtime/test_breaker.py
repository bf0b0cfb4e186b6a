"""What failed is remembered: what was told, and what ended the process before it could tell."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rag_core.errors import DeviceFailed
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.plugins import CPU, QNN, Plugin

CRASH = """
import os, sys
from pathlib import Path
from rag_core.runtime.breaker import Breaker
with Breaker(Path(sys.argv[1])).at_work("QNNExecutionProvider", "generate"):
    os._exit(139)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "devices.json"


def crash(path: Path) -> None:
    """A process that ends while the NPU is at work."""
    assert subprocess.run([sys.executable, "-c", CRASH, str(path)], check=False).returncode == 139


def test_a_failure_blocks_its_stage_until_another_try_is_wanted(path: Path) -> None:
    Breaker(path).failed(QNN, "generate", "The Snapdragon NPU did not answer.")
    breaker = Breaker(path)  # the next start
    assert breaker.blocked(QNN, "generate") == "It failed before: The Snapdragon NPU did not answer."
    assert (breaker.blocked(QNN, "embed"), breaker.blocked(CPU, "generate")) == ("", "")
    breaker.retry()
    assert (breaker.blocked(QNN, "generate"), Breaker(path).blocked(QNN, "generate")) == ("", "")


def test_another_version_of_the_runtime_gets_another_chance(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Breaker(path).failed(QNN, "generate", "It broke.")
    newer = Plugin(QNN, "none", "no-such-package", "The NPU's runtime")
    monkeypatch.setattr("rag_core.runtime.plugins.PLUGINS", (newer,))
    assert Breaker(path).blocked(QNN, "generate") == ""


def test_two_unexpected_ends_in_a_row_block(path: Path) -> None:
    crash(path)
    assert Breaker(path).blocked(QNN, "generate") == ""
    crash(path)
    breaker = Breaker(path)
    reason = "Alcove ended unexpectedly 2 times while the Snapdragon NPU was at work."
    assert breaker.blocked(QNN, "generate") == breaker.blocked(QNN, "generate") == reason
    breaker.retry()
    assert breaker.blocked(QNN, "generate") == ""


def test_an_end_between_two_good_starts_does_not_count(path: Path) -> None:
    crash(path)
    with Breaker(path).at_work(QNN, "generate"):
        pass
    crash(path)
    assert Breaker(path).blocked(QNN, "generate") == ""


def test_a_failure_that_raises_is_no_unexpected_end(path: Path) -> None:
    for _ in range(3):
        with pytest.raises(DeviceFailed), Breaker(path).at_work(QNN, "generate"):
            raise DeviceFailed("It broke.")
    assert Breaker(path).blocked(QNN, "generate") == ""


def test_work_of_a_process_that_goes_on_is_no_unexpected_end(path: Path) -> None:
    with Breaker(path).at_work(QNN, "generate"):
        for _ in range(3):
            assert Breaker(path).blocked(QNN, "generate") == ""


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


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"failed": 7, "at_work": {"a/b": 1}, "unexpected_ends": {"a/b": "x"}}']
)
def test_a_damaged_file_is_forgotten(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    breaker = Breaker(path)
    assert breaker.blocked(QNN, "generate") == ""
    breaker.failed(QNN, "generate", "It broke.")
    assert "It broke." in Breaker(path).blocked(QNN, "generate")


def test_where_nothing_can_be_written_it_is_remembered_until_the_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    breaker = Breaker(tmp_path / "file" / "devices.json")
    breaker.failed(QNN, "generate", "It broke.")
    with breaker.at_work(QNN, "embed"):
        assert "It broke." in breaker.blocked(QNN, "generate")
    assert breaker.blocked(QNN, "embed") == ""
