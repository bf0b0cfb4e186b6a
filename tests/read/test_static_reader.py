"""The reader of fixed shapes says what the reader of any shape says, proves every graph, and is left when it fails."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from rag_core.errors import Cancelled, DeviceFailed, PackCorrupt, ProviderUnavailable
from rag_core.messages import literal
from rag_core.progress import CancelToken
from rag_core.read.decoding import Judgement
from rag_core.read.opening import open_reader, reader_of
from rag_core.read.proof import row
from rag_core.read.reader import Reader
from rag_core.runtime.npu.static import STATIC
from rag_core.runtime.pack import Pack, open_pack, write_manifest
from rag_core.runtime.places import Place, Places
from tests.read.static_readers import MANY, QUESTION, Log, source_pack, static_on_cpu, static_pack, static_place
from tests.runtime.fakes import the_processor

GONE = DeviceFailed("The Snapdragon NPU refused a run.", "")
WORDS = [(QUESTION, *text) for text in MANY]


@dataclass
class TwoDevices:
    """An NPU that is a CPU in disguise, and the CPU."""

    source: Pack
    static: Pack
    log: Log = field(default_factory=Log)
    told: list[str] = field(default_factory=list)

    def npu(self) -> Reader:
        return reader_of(self.source, Places((self.disguised(),)), time_ms=math.inf)

    def reader(self, reason: str = "", second: bool = True) -> Reader:
        processor = Place(the_processor(), self.source, threads=2)
        found = (self.disguised(), *([processor] if second else []))
        return reader_of(self.source, Places(found, literal(reason)), time_ms=math.inf)

    def disguised(self) -> Place:
        return static_place(self.static, self.log, told=self.told)


@pytest.fixture
def places(tmp_path: Path) -> TwoDevices:
    source = source_pack(tmp_path)
    return TwoDevices(source, static_pack(tmp_path, source))


def _same(got: list[Judgement], places: TwoDevices) -> bool:
    wanted = open_reader(places.source, threads=1).judge(WORDS)
    assert [one.span for one in got] == [one.span for one in wanted]
    return all(row(one) == pytest.approx(row(other), abs=0.02) for one, other in zip(got, wanted, strict=True))


def test_fixed_shapes_say_what_any_shape_says(places: TwoDevices) -> None:
    assert _same(places.npu().judge(WORDS), places)
    assert {graph for graph, _ in places.log.runs} == {"reader_1x16", "reader_1x32", "reader_4x32"}


def test_windows_share_runs_and_stay_about_in_order(places: TwoDevices) -> None:
    reader = places.npu()
    laid = [window for windows in reader.layout.windows(WORDS) for window in windows]
    rows = [row for rows, _ in reader.batches(laid, None) for row in rows]
    assert sorted(rows) == list(range(len(laid)))
    assert all(abs(row - at) < 8 for at, row in enumerate(rows))


def test_a_graph_that_computes_something_else_is_a_failed_device(places: TwoDevices) -> None:
    canonical = places.source.manifest.canonical
    other = replace(canonical, values={"fp32": canonical.values["fp32"][::-1]})
    wrong = replace(places.source, manifest=replace(places.source.manifest, canonical=other))
    with pytest.raises(DeviceFailed, match="does not compute what it should"):
        static_on_cpu(wrong, places.static, Log()).placement.opened()
    with pytest.raises(DeviceFailed, match="no numbers"):
        static_on_cpu(places.source, places.static, Log(spoil=True)).placement.opened()


def test_a_description_that_does_not_fit_is_refused(places: TwoDevices) -> None:
    spec = places.static.manifest.spec | {STATIC: {"buckets": [{"graph": "reader_1x16", "batch": 1, "tokens": 16}]}}
    write_manifest(places.static.root, replace(places.static.manifest, spec=spec))
    with pytest.raises(PackCorrupt, match="are not those of its reader"):
        static_on_cpu(places.source, open_pack(places.static.root), Log()).placement.opened()


def test_a_question_can_be_stopped_between_runs(places: TwoDevices) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        places.npu().read(QUESTION, MANY, token)


@pytest.mark.parametrize("fail_at", [0, 1, 3, 6])
def test_when_the_device_fails_no_text_is_left_out_or_read_twice(places: TwoDevices, fail_at: int) -> None:
    places.log.fail_at, places.log.error = fail_at, GONE
    reader = places.reader()
    laid = [window for windows in reader.layout.windows(WORDS) for window in windows]
    rows = [row for rows, _ in reader.batches(laid, None) for row in rows]
    assert sorted(rows) == list(range(len(laid)))
    assert (reader.placement.device.provider, reader.placement.precision) == ("CPUExecutionProvider", "fp32")
    assert str(reader.placement.reason) == "The Snapdragon NPU refused a run. Now the processor (CPU) is used."
    assert places.told == ["The Snapdragon NPU refused a run."]
    assert _same(reader.judge(WORDS), places)


def test_a_device_that_fails_in_the_middle_of_a_question_mixes_nothing(places: TwoDevices) -> None:
    wanted = open_reader(places.source, threads=1, time_ms=math.inf).read(QUESTION, MANY)
    places.log.fail_at, places.log.error = 3, GONE
    got = places.reader().read(QUESTION, MANY)
    for one, other in zip(got, wanted, strict=True):
        assert (one is None) == (other is None)
        assert one is None or other is None or one.relevance == pytest.approx(other.relevance, abs=0.005)
        assert one is None or other is None or one.span == other.span


def test_files_that_are_damaged_say_nothing_about_the_device(places: TwoDevices) -> None:
    places.log.fail_at, places.log.error = 2, ProviderUnavailable("No memory.")
    reader = places.reader("The contexts are old.")
    assert _same(reader.judge(WORDS), places)
    assert str(reader.placement.reason) == "The contexts are old. No memory. Now the processor (CPU) is used."
    assert places.told == []


def test_without_another_place_the_failure_is_raised(places: TwoDevices) -> None:
    places.log.fail_at, places.log.error = 2, GONE
    with pytest.raises(DeviceFailed, match="refused a run"):
        places.reader(second=False).judge(WORDS)
