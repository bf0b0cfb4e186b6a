"""Energy: counted by the machine's own meters, net of what it takes at rest. Absent where absent, never estimated."""

from rag_core.bench.energy.find import find_meters
from rag_core.bench.energy.hwinfo import HwinfoLog
from rag_core.bench.energy.meter import Energy, EnergyMeter, Interval, MeterFailed, Source
from rag_core.bench.energy.window import EnergyWindow

__all__ = [
    "Energy",
    "EnergyMeter",
    "EnergyWindow",
    "HwinfoLog",
    "Interval",
    "MeterFailed",
    "Source",
    "find_meters",
]
