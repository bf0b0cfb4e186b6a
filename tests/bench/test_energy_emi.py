"""The energy meters of Windows: their bytes are read anywhere, and nothing is counted twice."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from rag_core.bench.energy import MeterFailed
from rag_core.bench.energy.emi import GET_MEASUREMENT, GET_METADATA, GET_METADATA_SIZE, GET_VERSION, find_emi_meters
from rag_core.bench.energy.emi_structures import Channel, group_channels, parse_channel_names, parse_energies_pwh


def wide(text: str, size: int = 0) -> bytes:
    return (text + "\0").encode("utf-16-le").ljust(size, b"\0")


def metadata_v1(name: str, unit: int = 0) -> bytes:
    written = wide(name)
    return (
        struct.pack("<i", unit) + wide("Maker", 32) + wide("Model", 32) + struct.pack("<HH", 1, len(written)) + written
    )


def metadata_v2(*names: str) -> bytes:
    head = wide("Maker", 32) + wide("Model", 32) + struct.pack("<HH", 1, len(names))
    return head + b"".join(struct.pack("<iH", 0, len(wide(name))) + wide(name) for name in names)


def test_both_versions_of_the_description_are_read() -> None:
    assert parse_channel_names(1, metadata_v1("CPU")) == ("CPU",)
    names = ("RAPL_Package0_PKG", "NPU Power  ", "SYS")
    assert parse_channel_names(2, metadata_v2(*names)) == ("RAPL_Package0_PKG", "NPU Power", "SYS")
    assert parse_energies_pwh(struct.pack("<4Q", 5, 1, 6, 1), 2) == (5, 6)


@pytest.mark.parametrize("version", [1, 2])
def test_a_description_that_is_cut_off_is_refused_wherever_it_is_cut(version: int) -> None:
    whole = metadata_v1("CPU") if version == 1 else metadata_v2("CPU", "SYS")
    for size in range(len(whole)):
        with pytest.raises(MeterFailed, match="cut off"):
            parse_channel_names(version, whole[:size])


def test_unknown_versions_units_and_short_answers_are_refused() -> None:
    with pytest.raises(MeterFailed, match="Version 3"):
        parse_channel_names(3, b"")
    with pytest.raises(MeterFailed, match="unit"):
        parse_channel_names(1, metadata_v1("CPU", unit=1))
    with pytest.raises(MeterFailed, match="fewer"):
        parse_energies_pwh(bytes(31), 2)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        # Intel, one device per core: the package alone, because it holds the rest
        (
            "RAPL_Package0_PKG RAPL_Package0_PP0 RAPL_Package0_DRAM RAPL_Package0_Core0_CORE RAPL_Package0_PKG",
            {"processor package": ["RAPL_Package0_PKG"]},
        ),
        ("RAPL_Package0_PKG RAPL_Package1_PKG", {"processor package": ["RAPL_Package0_PKG", "RAPL_Package1_PKG"]}),
        # Snapdragon X
        (
            "CPU_CLUSTER_0 CPU_CLUSTER_1 CPU_CLUSTER_2 GPU PSU_USB USBC_TOTAL SYS",
            {
                "processor cores, without graphics, NPU and memory": [
                    "CPU_CLUSTER_0",
                    "CPU_CLUSTER_1",
                    "CPU_CLUSTER_2",
                ],
                "graphics": ["GPU"],
                "whole machine (system rail)": ["SYS"],
            },
        ),
        ("GPU GPU_TOP", {"graphics": ["GPU"]}),
        ("VDDCR_VDD VDDCR_SOC DISPLAY", {}),
    ],
)
def test_channels_are_chosen_so_that_nothing_counts_twice(names: str, expected: dict[str, list[str]]) -> None:
    channels = [Channel(f"device {place}", 0, name) for place, name in enumerate(names.split())]
    groups = group_channels(channels)
    assert {covers: [channel.name for channel in found] for covers, found in groups.items()} == expected


def test_names_of_several_words_are_understood() -> None:
    names = ["VDDCR_SOC Power", "Current Socket Power", "Apu Power", "CPU Power", "NPU Power", "System Power"]
    groups = group_channels(Channel("device", place, name) for place, name in enumerate(names))
    assert {covers: [channel.name for channel in found] for covers, found in groups.items()} == {
        "processor package": ["Current Socket Power"],
        "NPU": ["NPU Power"],
        "whole machine (system rail)": ["System Power"],
    }


@dataclass
class FakeEmi:
    """A device of version 2, open any number of times."""

    names: Sequence[str]
    energies_pwh: list[int]
    open: int = 0
    refuses: int = -1

    def ask(self, code: int, answer_bytes: int) -> bytes:
        if code == self.refuses:
            raise OSError(50, "The request is not supported")
        answers: dict[int, Callable[[], bytes]] = {
            GET_VERSION: lambda: struct.pack("<H", 2),
            GET_METADATA_SIZE: lambda: struct.pack("<I", len(metadata_v2(*self.names))),
            GET_METADATA: lambda: metadata_v2(*self.names),
            GET_MEASUREMENT: lambda: b"".join(struct.pack("<QQ", energy, 1) for energy in self.energies_pwh),
        }
        return answers[code]()[:answer_bytes]

    def close(self) -> None:
        self.open -= 1


def opener(devices: dict[str, FakeEmi]) -> Callable[[str], FakeEmi]:
    def open_device(path: str) -> FakeEmi:
        devices[path].open += 1
        return devices[path]

    return open_device


def test_picowatt_hours_become_joules_and_devices_are_closed() -> None:
    device = FakeEmi(["RAPL_Package0_PP0", "RAPL_Package0_PKG", "NPU"], [5, 10**12, 0])
    (meter,), (note,) = find_emi_meters(["a"], opener({"a": device}))
    assert meter.covers == "processor package" and "NPU" in str(note) and "zero" in str(note)
    device.energies_pwh[1] += 10**9
    assert meter.joules() == pytest.approx(3.6)
    device.energies_pwh[1] = 5
    with pytest.raises(MeterFailed, match="zero"):
        meter.joules()
    meter.close()
    meter.close()
    assert device.open == 0


def test_a_device_that_does_not_answer_is_told_and_the_others_count() -> None:
    devices = {"a": FakeEmi(["SYS"], [7]), "b": FakeEmi(["CPU"], [7], refuses=GET_VERSION)}
    meters, notes = find_emi_meters(["a", "b"], opener(devices))
    assert [meter.covers for meter in meters] == ["whole machine (system rail)"]
    assert len(notes) == 1 and "not supported" in str(notes[0])
    assert list(map(str, find_emi_meters([], opener({}))[1])) == ["EMI: This computer has none."]
