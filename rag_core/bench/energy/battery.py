"""What the battery gives while the computer runs on it: the whole machine, screen included, but coarsely.

A battery tells what is left in steps of joules to tens of joules, seconds apart: good for minutes of work, not for one
question. Linux: /sys/class/power_supply. Windows: the state of the system battery, in milliwatt-hours.
"""

from __future__ import annotations

import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rag_core.bench.energy.meter import MeterFailed, Source, unreadable
from rag_core.messages import Message, say

COVERS = "whole machine (battery discharge; coarse, for minutes of work only)"
_JOULES_PER_MWH = 3.6
_WINDOWS_STATE = struct.Struct("<4B3xB6I")  # SYSTEM_BATTERY_STATE of winnt.h
_UNKNOWN = 0xFFFFFFFF
_RELATIVE = 100  # a battery that tells its capacity in per cent says that it holds 100


@dataclass(frozen=True, slots=True)
class Level:
    """What is left in one battery: joules, or coulombs with the volts at which they are given now."""

    amount: float
    joules_per_unit: float = 1.0


Levels = Callable[[], tuple[Level, ...]]


class BatteryMeter:
    """Adds up what `levels` lost. `levels` raises `MeterFailed` when the computer does not run on its batteries."""

    source: Source = "battery"
    name = "battery"
    covers = COVERS

    def __init__(self, levels: Levels) -> None:
        self._levels = levels
        self._lock = threading.Lock()
        self._sum = self._most = 0.0
        self._last = levels()

    def joules(self) -> float:
        with self._lock:
            now = self._levels()
            if len(now) != len(self._last):
                raise MeterFailed(say("battery-changed"))
            for level, last in zip(now, self._last, strict=True):
                self._sum += (last.amount - level.amount) * (last.joules_per_unit + level.joules_per_unit) / 2
            self._last = now
            self._most = max(self._most, self._sum)  # a gauge may correct itself upwards for a moment
            return self._most

    def close(self) -> None:
        """Nothing is held between readings."""


def find_battery(sys_root: Path) -> tuple[tuple[BatteryMeter, ...], tuple[Message, ...]]:
    """The battery, if the computer runs on it now; else why not."""
    levels: Levels = LinuxLevels(sys_root)
    if sys.platform == "win32":
        levels = _windows_levels
    try:
        return (BatteryMeter(levels),), ()
    except MeterFailed as failure:
        return (), (say("meter-absent", meter=say("battery"), why=failure.whole),)


class LinuxLevels:
    """Reads every battery of the computer itself; those of mice and keyboards have the scope "Device"."""

    def __init__(self, sys_root: Path) -> None:
        self._folder = sys_root / "class" / "power_supply"

    def __call__(self) -> tuple[Level, ...]:
        try:
            supplies = [path for path in sorted(self._folder.iterdir()) if _text(path / "scope") != "Device"]
            batteries = [path for path in supplies if _text(path / "type") == "Battery"]
            states = {_text(path / "status") for path in batteries}
            outside = [path for path in supplies if path not in batteries and _text(path / "online") == "1"]
        except FileNotFoundError:
            batteries, states, outside = [], set(), []
        except OSError as error:
            raise unreadable(self._folder, error) from error
        if not batteries:
            raise MeterFailed(say("there-is-none"))
        if outside or "Charging" in states or "Discharging" not in states:
            raise MeterFailed(say("battery-not-in-use"), say("unplug-charger"))
        return tuple(self._level(battery) for battery in batteries)

    def _level(self, battery: Path) -> Level:
        try:
            energy_uwh = _text(battery / "energy_now")
            if energy_uwh:
                return Level(int(energy_uwh) * 3600 / 1e6)
            charge_uah, voltage_uv = int(_text(battery / "charge_now")), int(_text(battery / "voltage_now"))
        except (OSError, ValueError) as error:
            raise MeterFailed(say("battery-unknown-level", what=str(battery), error=str(error))) from error
        return Level(charge_uah * 3600 / 1e6, voltage_uv / 1e6)


def _text(path: Path) -> str:
    """The file's text; nothing if there is no such file, because each driver writes only what it knows."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def parse_windows_state(state: bytes) -> Level:
    """Read a SYSTEM_BATTERY_STATE: all batteries together."""
    if len(state) < _WINDOWS_STATE.size:
        raise MeterFailed(say("device-answer-short"))
    on_mains, present, charging, discharging, _tag, capacity, remaining, *_ = _WINDOWS_STATE.unpack_from(state)
    if not present:
        raise MeterFailed(say("there-is-none"))
    if on_mains or charging or not discharging:
        raise MeterFailed(say("battery-not-in-use"), say("unplug-charger"))
    if remaining == _UNKNOWN or capacity in (0, _RELATIVE, _UNKNOWN):
        raise MeterFailed(say("battery-without-mwh"))
    return Level(remaining * _JOULES_PER_MWH)


if sys.platform == "win32":
    import ctypes

    def _windows_levels() -> tuple[Level, ...]:
        system_battery_state = 5
        call = ctypes.WinDLL("powrprof").CallNtPowerInformation
        call.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong]
        call.restype = ctypes.c_ulong
        answer = ctypes.create_string_buffer(_WINDOWS_STATE.size)
        status = call(system_battery_state, None, 0, answer, _WINDOWS_STATE.size)
        if status != 0:
            raise unreadable("Windows", f"{status:#010x}")
        return (parse_windows_state(answer.raw),)
