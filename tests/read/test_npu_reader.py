"""On the NPU's emulator: compiled, loaded, chosen and run whole, the reader says what it says on the CPU."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from models.convert.encoder.static_reader import write_static
from rag_core.read.opening import open_reader
from rag_core.read.proof import row
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.devices import CPU, QNN, Device
from rag_core.runtime.npu.compiled import context_folder, expected_stamp
from rag_core.runtime.npu.compiling import compile_static
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.npu.targets import EMULATOR
from rag_core.runtime.places import KnownMachine, find_places
from tests.read.static_readers import MANY, QUESTION, source_pack

pytestmark = pytest.mark.npu


def test_a_small_reader_runs_whole_on_the_npu_and_only_on_demand(tmp_path: Path, emulator: Device) -> None:
    known = KnownMachine(tmp_path / "contexts", Breaker(tmp_path / "devices.json"))
    source = source_pack(tmp_path)
    static = write_static(source, tmp_path / "static", ((1, 16), (3, 32)))
    folder = context_folder(tmp_path / "contexts", source.id, EMULATOR)
    list(compile_static(static, folder, emulator, EMULATOR, expected_stamp(source, EMULATOR, RECIPE)))
    reader = open_reader(source, find_places("rerank", source, "npu", known, 1), time_ms=math.inf)
    words = [(QUESTION, *text) for text in MANY[:7]]
    judged = reader.judge(words)
    assert reader.placement.device.provider == QNN, reader.placement.reason
    for one, other in zip(judged, open_reader(source, threads=1).judge(words), strict=True):
        assert row(one) == pytest.approx(row(other), abs=0.1)
    by_default = open_reader(source, find_places("rerank", source, "auto", known, 1))
    assert by_default.placement.device.provider == CPU
