"""The reader is opened where the choice says, and goes on elsewhere with the reason of its device."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from rag_core.errors import PackCorrupt, ProviderUnavailable
from rag_core.messages import literal
from rag_core.read.opening import open_reader
from rag_core.read.unpadded_reader import UnpaddedReader
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.devices import CPU, QNN
from rag_core.runtime.pack import Pack, open_pack, write_manifest
from rag_core.runtime.places import KnownMachine, Place, Places, find_places
from tests.models import tiny_minilm
from tests.read.static_readers import MANY, QUESTION, source_pack, static_pack
from tests.runtime.fakes import the_processor


@pytest.fixture
def source(tmp_path: Path) -> Pack:
    return source_pack(tmp_path)


@pytest.fixture
def known(tmp_path: Path) -> KnownMachine:
    return KnownMachine(tmp_path / "contexts", Breaker(tmp_path / "devices.json"))


def test_without_places_the_pack_runs_as_it_is(source: Pack) -> None:
    assert isinstance(open_reader(source, threads=1).placement.opened(), UnpaddedReader)


@pytest.mark.parametrize("preference", ["cpu", "auto"])
def test_the_processor_runs_the_packs_own_graphs(source: Pack, known: KnownMachine, preference: str) -> None:
    reader = open_reader(source, find_places("rerank", source, preference, known, 1), time_ms=math.inf)
    assert (reader.placement.device.provider, str(reader.placement.reason)) == (CPU, "")
    assert reader.read(QUESTION, MANY) == open_reader(source, threads=1, time_ms=math.inf).read(QUESTION, MANY)


def test_a_demand_that_cannot_be_met_is_refused(source: Pack, known: KnownMachine) -> None:
    with pytest.raises(ProviderUnavailable, match="cannot run on “npu”"):
        find_places("rerank", source, "npu", known, 1)


def test_a_pack_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackCorrupt, match="not a whole reader"):
        open_reader(tiny_minilm.write_pack(tmp_path / "embedder"), threads=1)


@pytest.mark.parametrize("change", [{"max_tokens": 15}, {"calibration": {}}, {"question_tokens": None}])
def test_a_description_that_makes_no_sense_is_refused(source: Pack, change: dict[str, object]) -> None:
    write_manifest(source.root, replace(source.manifest, spec=source.manifest.spec | change))
    with pytest.raises(PackCorrupt, match="not a whole reader"):
        open_reader(open_pack(source.root), threads=1)


def test_graphs_of_fixed_shapes_are_run_where_there_are_some(tmp_path: Path, source: Pack) -> None:
    reader = open_reader(source, Places((Place(the_processor(), static_pack(tmp_path, source, "fp16")),)))
    assert reader.placement.precision == "fp16"
    pace = reader.placement.opened().pace
    assert pace is not None and pace.tokens_per_ms > 0
    wanted = open_reader(source, threads=1).support(MANY)
    assert reader.support(MANY) == pytest.approx(wanted, abs=0.02)


def test_a_context_that_the_device_refuses_is_passed_over_with_the_reason(
    tmp_path: Path, source: Pack, known: KnownMachine
) -> None:
    static, processor = static_pack(tmp_path, source), the_processor()
    static.path_of("reader_4x32.onnx").write_bytes(b"cut short")
    places = (Place(processor, static, stage="rerank", machine=known), Place(processor, source))
    reader = open_reader(source, Places(places, literal("The driver is old.")))
    told = "The driver is old. The file “reader_4x32.onnx” of the pack “tiny-reader” is"
    assert str(reader.placement.reason).startswith(told)
    assert len(reader.support(MANY)) == len(MANY)
    assert known.breaker is not None and not known.breaker.blocked(QNN, "rerank")
