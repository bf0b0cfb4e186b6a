"""The reader is opened where the choice says, and goes on elsewhere with the reason of its device."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from rag_core.errors import PackCorrupt, ProviderUnavailable
from rag_core.read import opening
from rag_core.read.cross_encoder import CrossEncoder
from rag_core.read.opening import open_reader
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.choice import Choice, Place, Surroundings
from rag_core.runtime.devices import CPU, QNN, Device, list_devices
from rag_core.runtime.pack import Pack, open_pack, write_manifest
from tests.models import tiny_minilm
from tests.read.static_readers import MANY, QUESTION, source_pack, static_pack


@pytest.fixture
def source(tmp_path: Path) -> Pack:
    return source_pack(tmp_path)


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    return Surroundings(tmp_path / "contexts", Breaker(tmp_path / "devices.json"))


@pytest.fixture
def processor() -> Device:
    device = list_devices(look_for_npu=False).first(CPU)
    assert device is not None
    return device


def _choose(monkeypatch: pytest.MonkeyPatch, *places: Place, reason: str = "") -> None:
    monkeypatch.setattr(opening, "choose", lambda *_: Choice(places, reason))


def test_without_surroundings_the_pack_runs_as_it_is(source: Pack) -> None:
    assert isinstance(open_reader(source, 1), CrossEncoder)


@pytest.mark.parametrize("preference", ["cpu", "auto"])
def test_the_processor_runs_the_packs_own_graphs(source: Pack, around: Surroundings, preference: str) -> None:
    reader = open_reader(source, 1, preference, around, time_ms=math.inf)
    assert (reader.provider, reader.requested, reader.reason) == (CPU, preference, "")
    assert reader.read(QUESTION, MANY) == open_reader(source, 1, time_ms=math.inf).read(QUESTION, MANY)


def test_a_demand_that_cannot_be_met_is_refused(source: Pack, around: Surroundings) -> None:
    with pytest.raises(ProviderUnavailable, match="cannot run on “npu”"):
        open_reader(source, 1, "npu", around)


def test_a_pack_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackCorrupt, match="not a whole reader"):
        open_reader(tiny_minilm.write_pack(tmp_path / "embedder"), 1)


@pytest.mark.parametrize("change", [{"max_tokens": 15}, {"calibration": {}}, {"question_tokens": None}])
def test_a_description_that_makes_no_sense_is_refused(source: Pack, change: dict[str, object]) -> None:
    write_manifest(source.root, replace(source.manifest, spec=source.manifest.spec | change))
    with pytest.raises(PackCorrupt, match="not a whole reader"):
        open_reader(open_pack(source.root), 1)


def test_graphs_of_fixed_shapes_are_run_where_they_were_chosen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: Pack, around: Surroundings, processor: Device
) -> None:
    _choose(monkeypatch, Place(processor, static_pack(tmp_path, source, "fp16")))
    reader = open_reader(source, 1, "auto", around)
    assert reader.precision == "fp16"
    assert reader.pace.tokens_per_ms > 0
    wanted = open_reader(source, 1).support(MANY)
    assert reader.support(MANY) == pytest.approx(wanted, abs=0.02)


def test_a_context_that_the_device_refuses_is_passed_over_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: Pack, around: Surroundings, processor: Device
) -> None:
    static = static_pack(tmp_path, source)
    static.path_of("reader_4x32.onnx").write_bytes(b"cut short")
    _choose(monkeypatch, Place(processor, static), Place(processor, source), reason="The driver is old.")
    reader = open_reader(source, 1, "auto", around)
    assert reader.reason.startswith("The driver is old. The file “reader_4x32.onnx” of the pack “tiny-reader” is")
    assert len(reader.support(MANY)) == len(MANY)
    assert around.breaker.blocked(QNN, "rerank") == ""
