"""Energy is counted, never guessed: meters follow their counters, and what cannot be measured says why."""

from __future__ import annotations

import struct
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from rag_core.evaluate.energy import Energy, EnergyWindow, HwinfoLog, Interval, MeterFailed, find_meters, measure_idle
from rag_core.evaluate.energy.battery import BatteryMeter, Level, LinuxLevels, parse_windows_state
from rag_core.evaluate.energy.emi import GET_MEASUREMENT, GET_METADATA, GET_METADATA_SIZE, GET_VERSION, find_emi_meters
from rag_core.evaluate.energy.emi_structures import Channel, group_channels, parse_channel_names, parse_energies_pwh
from rag_core.evaluate.energy.meter import Source
from rag_core.evaluate.energy.rapl import find_rapl_meters

not_windows = pytest.mark.skipif(sys.platform == "win32", reason="these folder names cannot exist on Windows")

# --- The window -------------------------------------------------------------------------------------------------------


@dataclass
class Machine:
    """A machine whose clock and meter go on only when something takes time."""

    watts: float = 2.0
    now: float = 100.0
    counted: float = 0.0
    broken: str = ""
    name: str = "fake counter"
    covers: str = "processor package"
    source: Source = "rapl"
    reads: int = 0
    read_thrice: threading.Event = field(default_factory=threading.Event)

    def spend(self, seconds: float) -> None:
        self.now += seconds
        self.counted += seconds * self.watts

    def clock(self) -> float:
        return self.now

    def joules(self) -> float:
        self.reads += 1
        if self.reads >= 3:
            self.read_thrice.set()
        if self.broken:
            raise MeterFailed(self.broken)
        return self.counted

    def close(self) -> None:
        return


def no_rest(seconds: float) -> None:
    pytest.fail(f"nothing was to be measured for {seconds} s")


def test_energy_is_told_net_of_the_machine_at_rest() -> None:
    machine = Machine()
    with EnergyWindow(machine, idle_s=10, clock=machine.clock, sleep=machine.spend) as window:
        machine.watts = 12.0
        machine.spend(5)
    assert window.energy == Energy(60.0, 10.0, 5.0, "fake counter", "processor package")
    assert window.energy.net_joules == 50.0
    assert window.idle is not None and window.work is not None
    assert window.idle.ended <= window.work.started


def test_power_at_rest_is_measured_once_for_many_pieces_of_work() -> None:
    machine = Machine()
    idle_watts = measure_idle(machine, 10, clock=machine.clock, sleep=machine.spend)
    with EnergyWindow(machine, idle_watts=idle_watts, clock=machine.clock, sleep=no_rest) as window:
        machine.spend(3)
    assert window.energy is not None and window.energy.net_joules == 0.0


def test_without_rest_what_the_work_itself_took_is_unknown() -> None:
    machine = Machine()
    with EnergyWindow(machine, idle_s=0, clock=machine.clock) as window:
        machine.spend(3)
    assert window.energy is not None
    assert window.energy.idle_joules is None and window.energy.net_joules is None


def test_without_a_meter_there_is_no_energy_and_no_waiting() -> None:
    with EnergyWindow(None, sleep=no_rest) as window:
        pass
    assert window.energy is None and window.note
    assert window.idle is None and window.work is not None


def test_a_log_can_be_asked_about_the_rest_that_no_meter_saw() -> None:
    rested: list[float] = []
    with EnergyWindow(None, idle_s=4, rest_without_meter=True, sleep=rested.append) as window:
        pass
    assert rested == [4] and window.idle is not None


def test_a_meter_that_fails_leaves_the_work_alone_and_says_why() -> None:
    machine, done = Machine(), False
    with EnergyWindow(machine, idle_s=0, clock=machine.clock) as window:
        machine.broken = "The charger was plugged in."
        done = True
    assert done and window.energy is None
    assert window.note == "The charger was plugged in."


def test_the_meter_is_read_during_long_work_so_that_no_start_from_zero_is_missed() -> None:
    machine = Machine()
    with EnergyWindow(machine, idle_s=0, read_every_s=0.001, clock=machine.clock):
        assert machine.read_thrice.wait(30)
    assert not [thread for thread in threading.enumerate() if thread.name == "energy meter"]


# --- RAPL -------------------------------------------------------------------------------------------------------------


def powercap(root: Path, name: str, domain: str, counted_uj: int, range_uj: int = 1_000_000) -> Path:
    folder = root / "class" / "powercap" / name
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{domain}\n")
    (folder / "energy_uj").write_text(f"{counted_uj}\n")
    (folder / "max_energy_range_uj").write_text(f"{range_uj}\n")
    return folder / "energy_uj"


@not_windows
def test_packages_are_added_up_across_their_starts_from_zero(tmp_path: Path) -> None:
    first = powercap(tmp_path, "intel-rapl:0", "package-0", 900_000)
    second = powercap(tmp_path, "intel-rapl:1", "package-1", 500)
    powercap(tmp_path, "intel-rapl:0:0", "core", 7)
    powercap(tmp_path, "intel-rapl-mmio:0", "package-0", 900_000)
    (tmp_path / "class" / "powercap" / "intel-rapl").mkdir()
    (meter,), notes = find_rapl_meters(tmp_path)
    assert (meter.covers, notes) == ("processor package", ())
    first.write_text("100000")
    second.write_text("100500")
    assert meter.joules() == pytest.approx(0.3)
    first.write_text("50000")
    assert meter.joules() == pytest.approx(0.3 + 0.95)


@not_windows
def test_the_platform_counter_is_a_meter_of_its_own(tmp_path: Path) -> None:
    powercap(tmp_path, "intel-rapl:0", "package-0", 1)
    platform = powercap(tmp_path, "intel-rapl:1", "psys", 1)
    (_, meter), _ = find_rapl_meters(tmp_path)
    platform.write_text("2000001")
    assert "psys" in meter.covers and meter.joules() == pytest.approx(2.0)


@not_windows
def test_a_package_that_is_shown_only_in_the_second_place_counts(tmp_path: Path) -> None:
    powercap(tmp_path, "intel-rapl-mmio:0", "package-0", 1)
    assert len(find_rapl_meters(tmp_path)[0]) == 1


@not_windows
@pytest.mark.parametrize(("written", "why"), [("0", "zero"), ("many", "not a number")])
def test_counters_that_do_not_count_are_no_meters(tmp_path: Path, written: str, why: str) -> None:
    powercap(tmp_path, "intel-rapl:0", "package-0", 1).write_text(written)
    meters, (note,) = find_rapl_meters(tmp_path)
    assert not meters and why in note


@not_windows
def test_counters_of_the_administrator_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    powercap(tmp_path, "intel-rapl:0", "package-0", 1)
    read = Path.read_text

    def refuse(path: Path, encoding: str | None = None, errors: str | None = None) -> str:
        if path.name == "energy_uj":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path, encoding, errors)

    monkeypatch.setattr(Path, "read_text", refuse)
    meters, (note,) = find_rapl_meters(tmp_path)
    assert not meters
    assert "may be read by the administrator only" in note


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other meters")
def test_a_machine_without_meters_says_so_for_each_kind(tmp_path: Path) -> None:
    meters, notes = find_meters(tmp_path)
    assert not meters
    assert [note.split(":")[0] for note in notes] == ["RAPL", "Battery"]


# --- Battery ----------------------------------------------------------------------------------------------------------


def supply(root: Path, name: str, **files: str | int) -> Path:
    folder = root / "class" / "power_supply" / name
    folder.mkdir(parents=True)
    for file, text in files.items():
        (folder / file).write_text(f"{text}\n")
    return folder


def test_what_the_batteries_give_is_added_up(tmp_path: Path) -> None:
    first = supply(tmp_path, "BAT0", type="Battery", status="Discharging", energy_now=50_000_000)
    second = supply(
        tmp_path, "BAT1", type="Battery", status="Not charging", charge_now=3_000_000, voltage_now=12_000_000
    )
    supply(tmp_path, "AC", type="Mains", online=0)
    supply(tmp_path, "mouse", type="Battery", scope="Device", status="Charging", energy_now=1)
    meter = BatteryMeter(LinuxLevels(tmp_path))
    (first / "energy_now").write_text("49990000")
    assert meter.joules() == pytest.approx(36.0)
    (second / "charge_now").write_text("2999000")
    (second / "voltage_now").write_text("11000000")
    # one milliampere-hour at 11.5 V on the way from 12 to 11 V: the drop itself is no energy
    assert meter.joules() == pytest.approx(36.0 + 3.6 * 11.5)
    assert "coarse" in meter.covers


def test_a_gauge_that_corrects_itself_upwards_takes_no_joules_back() -> None:
    levels = iter([[Level(100.0)], [Level(90.0)], [Level(95.0)], [Level(85.0)]])
    meter = BatteryMeter(lambda: tuple(next(levels)))
    assert [meter.joules(), meter.joules(), meter.joules()] == [10.0, 10.0, 15.0]


def test_a_battery_counts_only_while_the_computer_runs_on_it(tmp_path: Path) -> None:
    battery = supply(tmp_path, "BAT0", type="Battery", status="Discharging", energy_now=50_000_000)
    meter = BatteryMeter(LinuxLevels(tmp_path))
    (battery / "status").write_text("Charging")
    with pytest.raises(MeterFailed, match="Unplug"):
        meter.joules()
    (battery / "status").write_text("Discharging")
    supply(tmp_path, "USBC0", type="USB", online=1)  # a charger too weak for the work: both feed the machine
    with pytest.raises(MeterFailed, match="Unplug"):
        meter.joules()


def test_a_battery_that_tells_nothing_is_no_meter(tmp_path: Path) -> None:
    supply(tmp_path, "BAT0", type="Battery", status="Discharging", capacity=80)
    with pytest.raises(MeterFailed, match="does not tell"):
        BatteryMeter(LinuxLevels(tmp_path))


def windows_battery(*flags: int, capacity: int = 50_000, remaining: int = 40_000) -> bytes:
    return bytes([*flags, 0, 0, 0, 7]) + struct.pack("<6I", capacity, remaining, 0, 0, 0, 0)


def test_the_state_of_a_windows_battery_is_read() -> None:
    assert parse_windows_state(windows_battery(0, 1, 0, 1)) == Level(40_000 * 3.6)


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (windows_battery(1, 1, 1, 0), "does not run on it"),
        (windows_battery(0, 0, 0, 0), "has none"),
        (windows_battery(0, 1, 0, 1, capacity=100, remaining=80), "milliwatt-hours"),
        (windows_battery(0, 1, 0, 1, remaining=0xFFFFFFFF), "milliwatt-hours"),
        (b"\1\1", "less"),
    ],
)
def test_a_windows_battery_that_cannot_measure_says_why(state: bytes, why: str) -> None:
    with pytest.raises(MeterFailed, match=why):
        parse_windows_state(state)


# --- EMI --------------------------------------------------------------------------------------------------------------


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
    assert meter.covers == "processor package" and "NPU" in note and "zero" in note
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
    assert len(notes) == 1 and "not supported" in notes[0]
    assert find_emi_meters([], opener({}))[1] == ("EMI: Windows knows no energy meter in this computer.",)


# --- HWiNFO -----------------------------------------------------------------------------------------------------------

HEADER = 'Date,Time,"CPU [°C]","CPU Package Power [W]","System Power [W]","NPU Power [W]","NPU Power [W]"'


def log(tmp_path: Path, lines: Sequence[str], header: str = HEADER, encoding: str = "latin-1") -> HwinfoLog:
    path = tmp_path / "log.csv"
    path.write_bytes("\r\n".join([header, *lines]).encode(encoding))
    return HwinfoLog(path)


def ten_seconds(date: str = "6.8.2026", skip: Sequence[int] = ()) -> list[str]:
    """A line a second from 15:29:00 to 15:29:10, the package at 10 W, then 11 W, then 12 W..."""
    return [f"{date},15:29:{s}.000,40,{10 + s}.0,30.5,1.0,2.0" for s in range(11) if s not in skip]


def between(start_s: float, end_s: float, month: int = 8, day: int = 6) -> Interval:
    zero = datetime(2026, month, day, 15, 29).timestamp()
    return Interval(zero + start_s, zero + end_s)


def test_watts_are_added_up_over_exactly_the_time_of_the_work(tmp_path: Path) -> None:
    written = log(tmp_path, ten_seconds())
    energy = written.energy("CPU Package Power [W]", between(4.5, 8.5), idle=between(0, 2))
    assert energy.joules == pytest.approx(4 * 16.5)
    assert energy.idle_joules == pytest.approx(4 * 11)
    assert energy.net_joules == pytest.approx(4 * 5.5)
    assert energy.covers == "processor package"
    assert energy.seconds == pytest.approx(4)


def test_what_is_known_to_be_a_whole_or_a_part_is_told(tmp_path: Path) -> None:
    written = log(tmp_path, ten_seconds())
    told = {energy.covers: energy.joules for energy in written.energies(between(2, 8))}
    assert told == {
        "whole machine (system power)": pytest.approx(183),
        "processor package": pytest.approx(90),
        "NPU": pytest.approx(6),
    }
    assert written.columns[-1] == "NPU Power [W] (2)"
    assert written.energy("NPU Power [W] (2)", between(2, 8)).joules == pytest.approx(12)


@pytest.mark.parametrize(
    ("date", "month", "day"),
    [("6.8.2026", 8, 6), ("8/6/2026", 8, 6), ("2026-08-06", 8, 6), ("25.8.2026", 8, 25), ("8/25/2026", 8, 25)],
)
def test_the_day_of_the_work_tells_how_the_log_writes_dates(tmp_path: Path, date: str, month: int, day: int) -> None:
    written = log(tmp_path, ten_seconds(date))
    energy = written.energy("System Power [W]", between(0, 10, month, day))
    assert energy.joules == pytest.approx(305)


def test_a_log_with_semicolons_decimal_commas_and_a_repeated_header_is_read(tmp_path: Path) -> None:
    lines = [f"6.8.2026;15:29:{s}.000;{10 + s},5" for s in range(11)]
    header = "Date;Time;CPU Package Power [W]"
    written = log(tmp_path, [*lines, header, ";;CPU [#0]: A processor"], header=header, encoding="utf-8-sig")
    assert written.energy("CPU Package Power [W]", between(0, 10)).joules == pytest.approx(155)


@pytest.mark.parametrize("work", [(-1, 5), (5, 11), (20, 30)])
def test_a_log_that_does_not_cover_the_work_is_refused(tmp_path: Path, work: tuple[float, float]) -> None:
    with pytest.raises(MeterFailed, match=r"does not cover .* It covers 2026-08-06 15:29:00 to 2026-08-06 15:29:10"):
        log(tmp_path, ten_seconds()).energies(between(*work))


def test_holes_short_work_and_a_changed_clock_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MeterFailed, match=r"hole of 7\.0 s"):
        log(tmp_path, ten_seconds(skip=range(3, 9))).energies(between(1, 9))
    with pytest.raises(MeterFailed, match="only 1 lines"):
        log(tmp_path, ten_seconds()).energies(between(1.5, 2.5))
    lines = ten_seconds()
    with pytest.raises(MeterFailed, match="backwards"):
        log(tmp_path, [*lines[:6], *lines[3:]]).energies(between(0, 10))


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["6.8.2026,15:29:0.000,40", *ten_seconds()], "line 2: columns are missing"),
        (["yesterday,noon,40,1,2,3,4"], "no date and time"),
        (["Date,Time,other [W]", *ten_seconds()], "columns change"),
    ],
)
def test_a_damaged_log_is_refused_with_its_line(tmp_path: Path, lines: list[str], why: str) -> None:
    with pytest.raises(MeterFailed, match=why):
        log(tmp_path, lines)


def test_a_line_that_is_still_being_written_is_left_out(tmp_path: Path) -> None:
    written = log(tmp_path, [*ten_seconds(), "6.8.2026,15:29:11"])
    assert written.energy("System Power [W]", between(0, 10)).joules == pytest.approx(305)


def test_a_reading_that_is_no_number_is_refused_only_where_it_matters(tmp_path: Path) -> None:
    lines = ten_seconds()
    lines[1] = "6.8.2026,15:29:1.000,40,,30.5,1.0,2.0"
    written = log(tmp_path, lines)
    assert written.energy("CPU Package Power [W]", between(3, 9)).joules > 0
    with pytest.raises(MeterFailed, match="line 3: CPU Package Power"):
        written.energy("CPU Package Power [W]", between(0, 9))


def test_other_files_are_no_logs(tmp_path: Path) -> None:
    with pytest.raises(MeterFailed, match="first columns"):
        log(tmp_path, [], header="a,b")
    with pytest.raises(MeterFailed, match="no column in watts"):
        log(tmp_path, [], header="Date,Time,CPU [°C]")
    with pytest.raises(MeterFailed, match="cannot be read"):
        HwinfoLog(tmp_path / "absent.csv")
    with pytest.raises(MeterFailed, match="fewer than two lines"):
        log(tmp_path, []).energies(between(0, 10))
