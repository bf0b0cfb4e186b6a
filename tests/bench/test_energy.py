"""Energy is counted, never guessed: meters follow their counters, and what cannot be measured says why."""

from __future__ import annotations

import struct
import sys
import threading
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from rag_core.bench.compare.energy_use import counted, measure_rest
from rag_core.bench.energy import Energy, EnergyWindow, MeterFailed, find_meters
from rag_core.bench.energy.battery import BatteryMeter, Level, LinuxLevels, parse_windows_state
from rag_core.bench.energy.meter import Source
from rag_core.bench.energy.rapl import find_rapl_meters
from rag_core.messages import literal
from rag_core.progress import run_to_end

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


def test_energy_is_told_net_of_the_machine_at_rest() -> None:
    machine = Machine(watts=12.0)
    with EnergyWindow(machine, 2.0, clock=machine.clock) as window:
        machine.spend(5)
    assert window.energy == Energy(60.0, 10.0, 5.0, "fake counter", "processor package")
    assert window.energy.net_joules == 50.0


def test_power_at_rest_is_measured_once_for_many_pieces_of_work(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine()
    monkeypatch.setattr("rag_core.bench.compare.energy_use.time.sleep", machine.spend)
    monkeypatch.setattr("rag_core.bench.compare.energy_use.EnergyWindow", partial(EnergyWindow, clock=machine.clock))
    idle_watts, rest = run_to_end(measure_rest([machine], 10))
    assert idle_watts == {machine.name: 2.0} and rest.ended >= rest.started
    with counted([machine], idle_watts) as use:
        machine.spend(3)
    assert [energy.net_joules for energy in use.energies] == [0.0] and rest.ended <= use.interval.started


def test_without_rest_what_the_work_itself_took_is_unknown() -> None:
    machine = Machine()
    with EnergyWindow(machine, clock=machine.clock) as window:
        machine.spend(3)
    assert window.energy is not None
    assert window.energy.idle_joules is None and window.energy.net_joules is None


def test_a_log_can_be_asked_about_the_rest_that_no_meter_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    rested: list[float] = []
    monkeypatch.setattr("rag_core.bench.compare.energy_use.time.sleep", rested.append)
    idle_watts, rest = run_to_end(measure_rest([], 4))
    assert sum(rested) == 4 and not idle_watts and rest.started > 0


def test_a_meter_that_fails_leaves_the_work_alone_and_says_why() -> None:
    machine, done = Machine(), False
    with EnergyWindow(machine, clock=machine.clock) as window:
        machine.broken = "The charger was plugged in."
        done = True
    assert done and window.energy is None
    assert window.note == literal("The charger was plugged in.")


def test_the_meter_is_read_during_long_work_so_that_no_start_from_zero_is_missed() -> None:
    machine = Machine()
    with EnergyWindow(machine, read_every_s=0.001, clock=machine.clock):
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
    assert not meters and why in str(note)


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
    assert "may be read by the administrator only" in str(note)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other meters")
def test_a_machine_without_meters_says_so_for_each_kind(tmp_path: Path) -> None:
    meters, notes = find_meters(tmp_path)
    assert not meters
    assert [str(note).split(":")[0] for note in notes] == ["RAPL", "Battery"]


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
