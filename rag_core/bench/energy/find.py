"""Which energy meters this machine has."""

from __future__ import annotations

import sys
from pathlib import Path

from rag_core.bench.energy.battery import find_battery
from rag_core.bench.energy.meter import EnergyMeter, unreadable
from rag_core.messages import Message, say

if sys.platform == "win32":
    from rag_core.bench.energy.emi import find_emi_meters
    from rag_core.bench.energy.emi_windows import WindowsEmiDevice, device_paths

    def _find_counters(_sys_root: Path) -> tuple[tuple[EnergyMeter, ...], tuple[Message, ...]]:
        try:
            devices = device_paths()
        except OSError as error:
            return (), (say("meter-absent", meter="EMI", why=unreadable("Windows", error).message),)
        return find_emi_meters(devices, WindowsEmiDevice)

else:
    from rag_core.bench.energy.rapl import find_rapl_meters as _find_counters


def find_meters(sys_root: Path = Path("/sys")) -> tuple[tuple[EnergyMeter, ...], tuple[Message, ...]]:
    """The meters that work here, finest first and the battery last, and in plain words why others are absent.

    The caller closes them. A log of HWiNFO is no meter of the machine: see `HwinfoLog`.
    """
    if sys.platform == "darwin":
        return (), (say("administrator-only", what="macOS"),)
    counters, counter_notes = _find_counters(sys_root)
    batteries, battery_notes = find_battery(sys_root)
    return (*counters, *batteries), (*counter_notes, *battery_notes)
