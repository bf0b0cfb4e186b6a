"""Reading ends when the best are clear or the time is up; nothing that was read and nothing that is best gets lost."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_core.messages import NOTHING
from rag_core.progress import CancelToken
from rag_core.read.backend import Batch
from rag_core.read.budget import AT_LEAST, SURE, UNLIKELY, UNLIKELY_IN_A_ROW, Pace
from rag_core.read.decoding import Logits
from rag_core.read.description import read_spec
from rag_core.read.layout import Layout, TextWindow
from rag_core.read.reader import Reader
from rag_core.runtime.pack import Pack
from rag_core.runtime.placement import Placement
from rag_core.runtime.places import own_places
from rag_core.runtime.tokenizer import PackTokenizer
from tests.read.tiny_readers import write_pack

_FIRST_NUMBER = 10  # the id of “0”
LONG = "is " * 27  # as long as one window


class Told:
    """A `ReaderBackend` that says of the text “7” that it answers with a probability of 0.7 and so on.

    `mixed` gives the results of each few windows in another order, as threads do.
    """

    graphs, reason = (), NOTHING

    def __init__(self, pace: Pace | None, mixed: int) -> None:
        self.pace = pace
        self.mixed = mixed
        self.rows: list[int] = []

    def speed(self) -> float:
        raise AssertionError("it is told")

    def cost(self, window: TextWindow) -> int:
        return len(window.ids)

    def batches(self, windows: Sequence[TextWindow], cancel: CancelToken | None) -> Generator[Batch, None, None]:
        for at in range(0, len(windows), self.mixed):
            for row in reversed(range(at, min(at + self.mixed, len(windows)))):
                self.rows.append(row)
                yield [row], [self._logits(windows[row])]

    def _logits(self, window: TextWindow) -> Logits:
        tenths = int(window.ids[window.passage_at]) - _FIRST_NUMBER
        chance = min(max(tenths / 10, 0.02), 0.98)
        judged = np.array([math.log(chance / (1 - chance)), 0], np.float32)
        return Logits(judged, np.zeros((len(window.ids), 2), np.float32))


def told(pack: Pack, time_ms: float = math.inf, tokens_per_ms: float = 100, mixed: int = 1) -> Reader:
    backend = Told(Pace(tokens_per_ms) if math.isfinite(time_ms) else None, mixed)
    layout = Layout(read_spec(pack), PackTokenizer(pack.path_of("tokenizer.json")))
    return Reader(pack, layout, Placement(own_places(pack), lambda _: backend), time_ms)


def backend_of(reader: Reader) -> Told:
    backend = reader.placement.opened()
    assert isinstance(backend, Told)
    return backend


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return write_pack(tmp_path_factory.mktemp("reader"))


def _read(reader: Reader, tenths: Sequence[int]) -> list[float | None]:
    found = reader.read("what", [("", str(tenth)) for tenth in tenths])
    return [None if one is None else round(one.relevance, 2) for one in found]


def test_reading_ends_after_a_sure_text_and_unlikely_ones(pack: Pack) -> None:
    found = _read(told(pack), [3, 10, *[0] * 18])
    assert found == [0.3, 0.98, 0.02, 0.02, 0.02, 0.02, *[None] * 14]


@pytest.mark.parametrize("tenths", [[8, *[0] * 19], [10, 0, 0, 0, 5] * 4, [*[0] * 19, 10]])
def test_reading_goes_on_while_the_best_are_not_clear(pack: Pack, tenths: list[int]) -> None:
    assert None not in _read(told(pack), tenths)


@given(st.lists(st.sampled_from([0, 0, 0, 2, 5, 9, 10]), max_size=24), st.integers(1, 4))
def test_what_is_left_out_comes_after_the_best_and_does_not_depend_on_the_threads(
    pack: Pack, tenths: list[int], mixed: int
) -> None:
    found = _read(told(pack, mixed=mixed), tenths)
    read = [one for one in found if one is not None]
    assert found == [*read, *[None] * (len(tenths) - len(read))]
    assert len(read) >= min(AT_LEAST, len(tenths))
    if len(read) < len(tenths):
        assert max(read) >= SURE
        assert max(read[-UNLIKELY_IN_A_ROW:]) <= UNLIKELY
    assert found == _read(told(pack), tenths)


def test_as_many_are_read_as_the_speed_allows_and_as_few_as_a_prompt_takes(
    pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag_core.read.reader.time.perf_counter", lambda: 0.0)
    texts = [("", f"5 {LONG}")] * 20
    for tokens_per_ms, wanted in ((1000.0, 20), (30.0, 8), (0.001, AT_LEAST)):
        reader = told(pack, 10.0, tokens_per_ms)
        for _ in range(3):
            found = reader.read("what", texts)
            assert sum(one is not None for one in found) == wanted
        assert max(backend_of(reader).rows) + 1 >= wanted
    assert all(told(pack, math.inf, 0.001).read("what", texts))


def test_a_machine_that_is_suddenly_far_slower_stops_where_it_is(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr("rag_core.read.reader.time.perf_counter", lambda: next(clock) / 10)
    found = _read(told(pack, 400.0), [5] * 20)
    assert sum(one is not None for one in found) == 9  # each text takes 100 ms, twice 400 ms are allowed


def test_what_ends_early_says_nothing_about_the_speed(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr("rag_core.read.reader.time.perf_counter", lambda: next(clock) / 10)
    reader = told(pack, 1000.0, 10.0)
    texts = [("", f"{tenths} {LONG}") for tenths in [10, *[0] * 19]]
    for _ in range(10):
        assert sum(one is not None for one in reader.read("what", texts)) == 5
    pace = backend_of(reader).pace
    assert pace is not None and pace.tokens_per_ms > 5


@given(st.lists(st.integers(1, 300), max_size=30), st.floats(0.01, 1000), st.floats(1, 1000))
def test_the_reach_is_in_time_unless_it_is_the_least(tokens: list[int], speed: float, time_ms: float) -> None:
    reach = Pace(speed).reach(tokens, time_ms)
    assert min(AT_LEAST, len(tokens)) <= reach <= len(tokens)
    assert reach <= AT_LEAST or sum(tokens[:reach]) <= speed * time_ms
    faster = Pace(2 * speed).reach(tokens, time_ms)
    assert faster >= reach
