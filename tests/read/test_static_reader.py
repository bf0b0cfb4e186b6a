"""The reader of fixed shapes says what the reader of any shape says, proves every graph, and is left when it fails."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from rag_core.errors import Cancelled, DeviceFailed, PackCorrupt, ProviderUnavailable
from rag_core.progress import CancelToken
from rag_core.read.cross_encoder import open_reader
from rag_core.read.decoding import Judgement
from rag_core.read.fallback import FallbackReader
from rag_core.read.proof import row
from rag_core.read.reader import Reader
from rag_core.runtime.npu.static import STATIC
from rag_core.runtime.pack import Pack, open_pack, write_manifest
from rag_core.runtime.spots import Spot
from rag_core.runtime.tokenizer import PackTokenizer
from tests.read.static_readers import MANY, QUESTION, Log, source_pack, static_on_cpu, static_pack

GONE = DeviceFailed("The Snapdragon NPU refused a run.", "")
WORDS = [(QUESTION, *text) for text in MANY]


@dataclass
class Places:
    """An NPU that is a CPU in disguise, and the CPU."""

    source: Pack
    static: Pack
    log: Log = field(default_factory=Log)
    told: list[str] = field(default_factory=list)

    def npu(self) -> Reader:
        reader: Reader = static_on_cpu(self.source, self.static, self.log, time_ms=math.inf)
        return reader

    def reader(self, reason: str = "", second: bool = True) -> Reader:
        spots = [Spot("the NPU", self.npu, self.told.append)]
        if second:
            spots.append(Spot("the processor (CPU)", lambda: open_reader(self.source, 2), self.told.append))
        tokenizer = PackTokenizer(self.source.path_of("tokenizer.json"))
        return FallbackReader(self.source, tokenizer, spots, "auto", reason, math.inf)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    source = source_pack(tmp_path)
    return Places(source, static_pack(tmp_path, source))


def _same(got: list[Judgement], places: Places) -> bool:
    wanted = open_reader(places.source, 1).judge(WORDS)
    assert [one.span for one in got] == [one.span for one in wanted]
    return all(row(one) == pytest.approx(row(other), abs=0.02) for one, other in zip(got, wanted, strict=True))


def test_fixed_shapes_say_what_any_shape_says(places: Places) -> None:
    assert _same(places.npu().judge(WORDS), places)
    assert {graph for graph, _ in places.log.runs} == {"reader_1x16", "reader_1x32", "reader_4x32"}


def test_windows_share_runs_and_stay_about_in_order(places: Places) -> None:
    reader = places.npu()
    laid = [window for windows in reader._layout.windows(WORDS) for window in windows]
    rows = [row for rows, _ in reader.batches(laid, None) for row in rows]
    assert sorted(rows) == list(range(len(laid)))
    assert all(abs(row - at) < 8 for at, row in enumerate(rows))


def test_a_graph_that_computes_something_else_is_a_failed_device(places: Places) -> None:
    canonical = places.source.manifest.canonical
    other = replace(canonical, values={"fp32": canonical.values["fp32"][::-1]})
    wrong = replace(places.source, manifest=replace(places.source.manifest, canonical=other))
    with pytest.raises(DeviceFailed, match="does not compute what it should"):
        static_on_cpu(wrong, places.static, Log()).open_largest()
    with pytest.raises(DeviceFailed, match="no numbers"):
        static_on_cpu(places.source, places.static, Log(spoil=True)).open_largest()


def test_a_description_that_does_not_fit_is_refused(places: Places) -> None:
    spec = places.static.manifest.spec | {STATIC: {"buckets": [{"graph": "reader_1x16", "batch": 1, "tokens": 16}]}}
    write_manifest(places.static.root, replace(places.static.manifest, spec=spec))
    with pytest.raises(PackCorrupt, match="are not those of its reader"):
        static_on_cpu(places.source, open_pack(places.static.root), Log())


def test_a_question_can_be_stopped_between_runs(places: Places) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        places.npu().read(QUESTION, MANY, token)


@pytest.mark.parametrize("fail_at", [0, 1, 3, 6])
def test_when_the_device_fails_no_text_is_left_out_or_read_twice(places: Places, fail_at: int) -> None:
    places.log.fail_at, places.log.error = fail_at, GONE
    reader = places.reader()
    laid = [window for windows in reader._layout.windows(WORDS) for window in windows]
    rows = [row for rows, _ in reader.batches(laid, None) for row in rows]
    assert sorted(rows) == list(range(len(laid)))
    assert (reader.provider, reader.precision) == ("CPUExecutionProvider", "fp32")
    assert reader.reason == "The Snapdragon NPU refused a run. Now the processor (CPU) is used."
    assert places.told == ["The Snapdragon NPU refused a run."]
    assert _same(reader.judge(WORDS), places)


def test_a_device_that_fails_in_the_middle_of_a_question_mixes_nothing(places: Places) -> None:
    wanted = open_reader(places.source, 1, time_ms=math.inf).read(QUESTION, MANY)
    places.log.fail_at, places.log.error = 3, GONE
    got = places.reader().read(QUESTION, MANY)
    for one, other in zip(got, wanted, strict=True):
        assert (one is None) == (other is None)
        assert one is None or other is None or one.relevance == pytest.approx(other.relevance, abs=0.005)
        assert one is None or other is None or one.span == other.span


def test_files_that_are_damaged_say_nothing_about_the_device(places: Places) -> None:
    places.log.fail_at, places.log.error = 2, ProviderUnavailable("No memory.")
    reader = places.reader("The contexts are old.")
    assert _same(reader.judge(WORDS), places)
    assert reader.reason == "The contexts are old. No memory. Now the processor (CPU) is used."
    assert places.told == []


def test_without_another_place_the_failure_is_raised(places: Places) -> None:
    places.log.fail_at, places.log.error = 2, GONE
    with pytest.raises(DeviceFailed, match="refused a run"):
        places.reader(second=False).judge(WORDS)
