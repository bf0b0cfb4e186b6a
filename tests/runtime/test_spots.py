"""A model moves to the next place once, whoever notices the failure, and says why."""

from __future__ import annotations

import pytest

from rag_core.errors import DeviceFailed, ProviderUnavailable
from rag_core.runtime.spots import Spot, Spots

GONE = DeviceFailed("The NPU hangs.", "")


def _spot(name: str, told: list[str], model: object | None) -> Spot[object]:
    def open_there() -> object:
        if model is None:
            raise ProviderUnavailable(f"There is no {name}.")
        return model

    return Spot(name, open_there, lambda why: told.append(f"{name}: {why}"))


def test_two_threads_that_meet_one_failure_move_once() -> None:
    told: list[str] = []
    npu, gpu, cpu = object(), object(), object()
    spots = Spots([_spot("NPU", told, npu), _spot("GPU", told, gpu), _spot("CPU", told, cpu)])
    left = spots.now
    spots.move_on(left, GONE)
    spots.move_on(left, GONE)  # the second thread was at work there too
    assert spots.now is gpu
    assert spots.reason == "The NPU hangs. Now GPU is used."
    assert told == ["NPU: The NPU hangs."]


def test_places_that_do_not_open_are_passed_over_on_the_way() -> None:
    told: list[str] = []
    npu, cpu = object(), object()
    spots = Spots([_spot("NPU", told, npu), _spot("GPU", told, None), _spot("CPU", told, cpu)])
    spots.move_on(npu, GONE)
    assert spots.now is cpu
    assert spots.reason == "The NPU hangs. There is no GPU. Now CPU is used."
    assert told == ["NPU: The NPU hangs."]


def test_the_last_place_stays_and_its_failure_is_raised() -> None:
    told: list[str] = []
    cpu = object()
    spots = Spots([_spot("CPU", told, cpu)])
    with pytest.raises(DeviceFailed, match="hangs"):
        spots.move_on(cpu, GONE)
    assert spots.now is cpu
    with pytest.raises(ProviderUnavailable, match="There is no CPU"):
        Spots([_spot("CPU", told, None)])
