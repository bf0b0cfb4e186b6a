"""How fast a reader is, between one start of the program and the next: measured once, changed when calls agree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag_core.read.budget import AT_LEAST, Pace, paced
from rag_core.read.opening import open_reader
from rag_core.read.reader import Reader
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.places import KnownMachine, find_places
from rag_core.runtime.speeds import Speeds
from tests.read.tiny_readers import write_pack

FAST, SLOW = (4000, 100.0), (4000, 4000.0)  # tokens and milliseconds


def never() -> float:
    raise AssertionError("it is remembered")


def pace_of(reader: Reader) -> float:
    pace = reader.placement.opened().pace
    assert pace is not None
    return pace.tokens_per_ms


def times(count: int, call: Callable[[], Pace]) -> Pace:
    """As many starts of the program, with a call that was fast in each."""
    for _ in range(count):
        pace = call()
        pace.observed(*FAST)
    return pace


def test_a_speed_is_measured_once(tmp_path: Path) -> None:
    memory = Speeds(tmp_path / "devices.json", "reader")
    first = paced(lambda: 10.0, memory).tokens_per_ms
    assert paced(never, memory).tokens_per_ms == first
    assert paced(lambda: 20.0, Speeds(tmp_path / "devices.json", "another")).tokens_per_ms > first
    (tmp_path / "devices.json").write_text('{"speeds": {"reader": "fast"}}')
    assert paced(lambda: 10.0, memory).tokens_per_ms == first


def test_one_that_was_measured_while_the_machine_was_busy_is_put_right(tmp_path: Path) -> None:
    memory = Speeds(tmp_path / "devices.json", "reader")
    busy = paced(lambda: 1.0, memory).tokens_per_ms
    assert times(4, lambda: paced(never, memory)).tokens_per_ms == busy
    assert times(1, lambda: paced(never, memory)).tokens_per_ms > 10 * busy
    assert paced(never, memory).tokens_per_ms > 10 * busy


def test_even_the_few_texts_of_a_slow_machine_tell_its_speed(tmp_path: Path) -> None:
    memory = Speeds(tmp_path / "devices.json", "reader")
    slow = paced(lambda: 0.5, memory)
    assert slow.reach([80] * 20, 250.0) == AT_LEAST
    for _ in range(5):
        slow.observed(80 * AT_LEAST, 20.0)
    assert slow.reach([80] * 20, 250.0) == 20


def test_calls_that_do_not_agree_change_nothing(tmp_path: Path) -> None:
    memory = Speeds(tmp_path / "devices.json", "reader")
    first = paced(lambda: 6.0, memory).tokens_per_ms
    times(4, lambda: paced(never, memory)).observed(*SLOW)
    assert times(4, lambda: paced(never, memory)).tokens_per_ms == first


def test_a_reader_that_is_opened_again_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "devices.json"
    pack = write_pack(tmp_path / "pack")
    places = find_places("rerank", pack, "cpu", KnownMachine(None, Breaker(file), file), 1)
    measured = pace_of(open_reader(pack, places))
    monkeypatch.setattr("rag_core.read.unpadded_reader.measured", lambda *_: never())
    reader = open_reader(pack, places)
    assert pace_of(reader) == measured
    reader.placement.close()
    assert pace_of(reader) == measured
