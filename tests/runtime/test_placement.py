"""A model is open at one place, moves to the next once, whoever notices the failure, and says why."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from rag_core.errors import DeviceFailed, ProviderUnavailable
from rag_core.messages import NOTHING, Message, literal
from rag_core.runtime.pack import Graph, Manifest, Pack, PackFile
from rag_core.runtime.placement import Placement
from rag_core.runtime.places import Place, Places
from tests.runtime.fakes import Disguised, device

GONE = DeviceFailed("The NPU hangs.", "")
FILES = (PackFile("int8.onnx", "", 10), PackFile("fp32.onnx", "", 40), PackFile("weights", "", 500))
GRAPHS = (Graph("int8", "int8.onnx", "int8", (), ("int8.onnx", "weights")), Graph("fp32", "fp32.onnx", "fp32", ()))
PACK = Pack(Path(), Manifest("tiny", "embedder", "Tiny", "", "1", FILES, GRAPHS), "")


@dataclass(eq=False)
class Model:
    place: Place
    graphs: tuple[Graph, ...] = GRAPHS[:1]
    reason: Message = NOTHING
    closed: bool = False

    def close(self) -> None:
        self.closed = True


Open = Callable[[Place], Model]


def _places(*names: str, told: list[str] | None = None, reason: str = "") -> Places:
    told = [] if told is None else told
    return Places(tuple(Disguised(device(name=name), PACK, told=told) for name in names), literal(reason))


def _but(*missing: str) -> Open:
    def open_at(place: Place) -> Model:
        if place.device.name in missing:
            raise ProviderUnavailable(f"There is no {place.device.name}.")
        return Model(place)

    return open_at


def test_two_threads_that_meet_one_failure_move_once() -> None:
    told: list[str] = []
    placement = Placement(_places("NPU", "GPU", "CPU", told=told), Model)
    left = placement.opened()
    placement.move_on(left, GONE)
    placement.move_on(left, GONE)  # the second thread was at work there too
    assert placement.opened().place.device.name == placement.device.name == "GPU"
    assert str(placement.reason) == "The NPU hangs. Now GPU is used."
    assert told == ["The NPU hangs."]


def test_places_that_do_not_open_are_passed_over_on_the_way() -> None:
    told: list[str] = []
    placement = Placement(_places("NPU", "GPU", "CPU", told=told), _but("GPU"))
    placement.move_on(placement.opened(), GONE)
    assert placement.opened().place.device.name == "CPU"
    assert str(placement.reason) == "The NPU hangs. There is no GPU. Now CPU is used."
    assert told == ["The NPU hangs."]


def test_the_last_place_stays_and_its_failure_is_raised() -> None:
    placement = Placement(_places("CPU"), Model)

    def work(model: Model, items: list[int]) -> Generator[tuple[list[int], list[int]], None, None]:
        yield [0], items[:1]
        raise GONE

    with pytest.raises(DeviceFailed, match="hangs"):
        list(placement.carried_on([7, 8], work))
    assert placement.opened().place.device.name == "CPU"
    with pytest.raises(ProviderUnavailable, match="There is no CPU"):
        Placement(_places("CPU"), _but("CPU")).opened()


def test_devices_of_one_provider_are_told_apart() -> None:
    """OpenVINO has the NPU, the GPU and the processor under one name."""
    provider = "OpenVINOExecutionProvider"
    npu, gpu = device(provider, "npu", "the NPU"), device(provider, "gpu", "the GPU")
    placement = Placement(Places((Disguised(npu, PACK), Disguised(gpu, PACK))), Model)
    assert (placement.device, placement.has_moved) == (npu, False)
    placement.move_on(placement.opened(), GONE)
    assert (placement.device, placement.device.provider, placement.has_moved) == (gpu, provider, True)
    assert str(placement.reason) == "The NPU hangs. Now the GPU is used."


def test_it_is_opened_when_it_is_needed_closed_and_opened_again() -> None:
    opened: list[Model] = []

    def open_at(place: Place) -> Model:
        opened.append(Model(place))
        return opened[-1]

    placement = Placement(_places("NPU", "CPU"), open_at, Model.close)
    assert (placement.is_open, placement.bytes, opened) == (False, 0, [])
    assert placement.precision == "int8", "what will be opened is known"
    model = placement.opened()
    assert placement.is_open and placement.opened() is model
    assert placement.bytes == 510, "the graph and its weights"
    model.graphs = GRAPHS[1:]
    assert (placement.bytes, placement.precision) == (40, "fp32")
    placement.close()
    placement.close()
    assert (placement.is_open, placement.bytes, model.closed) == (False, 0, True)
    assert placement.opened() is not model and placement.bytes == 510
    placement.move_on(placement.opened(), GONE)
    placement.close()
    assert placement.opened().place.device.name == "CPU", "it is opened again where it was"


def test_graphs_that_share_weights_count_them_once() -> None:
    graphs = (GRAPHS[0], replace(GRAPHS[1], files=("fp32.onnx", "weights")))
    placement = Placement(_places("NPU"), lambda place: Model(place, graphs))
    placement.opened()
    assert placement.bytes == 10 + 40 + 500


def test_the_reason_of_what_is_open_is_told_after_those_of_the_places() -> None:
    placement = Placement(
        _places("CPU", reason="The driver is old."), lambda place: Model(place, reason=literal("No VNNI."))
    )
    assert str(placement.reason) == "The driver is old."
    placement.opened()
    assert str(placement.reason) == "The driver is old. No VNNI."


@pytest.mark.parametrize("fail_at", [0, 1, 2])
def test_rows_of_work_are_carried_on_and_none_is_done_twice(fail_at: int) -> None:
    placement = Placement(_places("NPU", "CPU"), Model)

    def work(model: Model, items: list[int]) -> Generator[tuple[list[int], list[tuple[str, int]]], None, None]:
        for row, item in reversed(list(enumerate(items))):
            if model.place.device.name == "NPU" and len(items) - 1 - row == fail_at:
                raise GONE
            yield [row], [(model.place.device.name, item)]

    done = {
        row: one for rows, found in placement.carried_on([7, 8, 9], work) for row, one in zip(rows, found, strict=True)
    }
    assert sorted((row, item) for row, (_, item) in done.items()) == [(0, 7), (1, 8), (2, 9)]
    assert [where for where, _ in done.values()] == ["NPU"] * fail_at + ["CPU"] * (3 - fail_at)


@pytest.mark.parametrize("fail_at", [0, 1, 2])
def test_a_stream_goes_on_where_it_was(fail_at: int) -> None:
    placement = Placement(_places("NPU", "CPU"), Model)
    begun: list[list[int]] = []

    def start(model: Model, made: list[int]) -> Iterator[int]:
        begun.append(made)
        for number in range(len(made), 4):
            if model.place.device.name == "NPU" and number == fail_at:
                raise GONE
            yield number

    assert list(placement.continued(start)) == [0, 1, 2, 3]
    assert begun == [[], list(range(fail_at))]
