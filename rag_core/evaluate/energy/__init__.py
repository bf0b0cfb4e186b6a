"""Energy: counted by the machine's own meters, net of what it takes at rest. Absent where absent, never estimated."""

from rag_core.evaluate.energy.find import find_meters
from rag_core.evaluate.energy.hwinfo import HwinfoLog
from rag_core.evaluate.energy.meter import Energy, EnergyMeter, Interval, MeterFailed, Source
from rag_core.evaluate.energy.window import EnergyWindow, measure_idle

__all__ = [
    "Energy",
    "EnergyMeter",
    "EnergyWindow",
    "HwinfoLog",
    "Interval",
    "MeterFailed",
    "Source",
    "find_meters",
    "measure_idle",
]
