"""The table of devices with their times, and what it says of those that do not answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag_core.errors import DeviceFailed
from rag_core.messages import literal
from rag_core.paths import DataDir
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.devices import Inventory, list_devices
from rag_core.runtime.plugins import CPU, QNN
from rag_core.runtime.profile import STAGE, profile_devices
from tests.runtime.fakes import device


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return DataDir(tmp_path).device_file


def test_the_processor_is_timed_and_recorded(path: Path) -> None:
    processor = list_devices(look_for_npu=False).first(CPU)
    assert processor is not None
    (row,) = profile_devices(Inventory((processor,)), path)
    assert row.tiny_ms is not None and row.tiny_ms > 0
    (recorded,) = json.loads(path.read_text(encoding="utf-8"))["profile"]["devices"]
    assert (recorded["provider"], recorded["tiny_ms"], recorded["target"]) == (CPU, row.tiny_ms, "")


def test_a_device_that_fails_has_no_time_and_a_problem(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DeviceFailed("The Snapdragon NPU hung.")

    monkeypatch.setattr("rag_core.runtime.profile.open_on", fail)
    (row,) = profile_devices(Inventory((device(),)), path)
    assert (row.tiny_ms, row.problem, row.target) == (None, "The Snapdragon NPU hung.", "Snapdragon X Elite")


def test_a_device_that_ended_the_process_is_not_asked_again(path: Path) -> None:
    Breaker(path).failed(QNN, STAGE, literal("It broke."))
    (row,) = profile_devices(Inventory((device(),)), path)
    assert (row.tiny_ms, row.problem) == (None, "It failed before: It broke.")
    assert "It broke." in str(Breaker(path).blocked(QNN, STAGE))  # recording the table forgets nothing
