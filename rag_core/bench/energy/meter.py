"""What every energy meter keeps to, and what measuring a piece of work gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from rag_core.errors import UserError
from rag_core.messages import say

Source = Literal["rapl", "emi", "battery", "hwinfo"]


class MeterFailed(UserError):
    """The meter cannot be read, or what it reads means nothing now (the charger was plugged in)."""


def unreadable(what: Path | str, error: object) -> MeterFailed:
    return MeterFailed(say("meter-unreadable", what=str(what), error=str(error)))


class EnergyMeter(Protocol):
    """Counts joules from the moment it was opened. Several threads may read it."""

    @property
    def name(self) -> str:
        """In plain words: "RAPL package counters"."""

    @property
    def covers(self) -> str:
        """What the joules are of: "processor package", "whole machine (battery discharge)"."""

    @property
    def source(self) -> Source:
        """The kind of meter."""

    def joules(self) -> float:
        """Joules since the meter was opened; never less than before. Raises `MeterFailed`."""

    def close(self) -> None:
        """Give back what the meter holds. Safe to call twice; `joules` may not be called afterwards."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of wall-clock time, in seconds since the epoch, as `time.time()` tells them."""

    started: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.started


@dataclass(frozen=True, slots=True)
class Energy:
    """What one meter counted over a piece of work that took `seconds`.

    `idle_joules` is what the same meter would have counted in that time with the machine at rest, from the power that
    was measured beforehand; None if it was not.
    """

    joules: float
    idle_joules: float | None
    seconds: float
    meter_name: str
    covers: str

    @property
    def net_joules(self) -> float | None:
        """What the work itself took. Around or below zero: too little to be told from rest."""
        return None if self.idle_joules is None else self.joules - self.idle_joules
