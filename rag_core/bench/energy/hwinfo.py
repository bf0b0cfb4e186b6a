"""A log of HWiNFO (Windows), given by the person: watts of many sensors, line by line, beside wall-clock time.

HWiNFO runs beside the measurement and logs its sensors to a file; afterwards the watts over a piece of work are added
up here. Only what the log holds is used: a log that does not cover the work, or has holes in it, is refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median

from rag_core.bench.energy.hwinfo_file import read_log
from rag_core.bench.energy.meter import Energy, Interval, MeterFailed, Source
from rag_core.messages import say

_KNOWN = (
    ("whole machine (system power)", re.compile(r"(Total )?System Power\b", re.IGNORECASE)),
    ("processor package", re.compile(r"CPU Package Power\b", re.IGNORECASE)),
    ("NPU", re.compile(r"(?!.*\blimit\b).*\bNPU\b", re.IGNORECASE)),
)
_FEWEST_LINES = 3  # of the log within the work: with fewer, most of the energy would be a guess
_HOLE = 5  # times the usual time between two lines
_Sample = tuple[float, float]  # moment, watts


class HwinfoLog:
    """The power columns of one log file. Raises `MeterFailed` for a file that is none."""

    source: Source = "hwinfo"

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._readings = read_log(path)
        self.columns = self._readings.columns

    def energies(self, work: Interval, idle: Interval | None = None) -> tuple[Energy, ...]:
        """Of each part whose column is known and there: whole machine, processor package, NPU."""
        found = []
        for covers, pattern in _KNOWN:
            column = next((column for column in self.columns if pattern.match(column)), None)
            if column:
                found.append(self._energy(column, covers, work, idle))
        return tuple(found)

    def _energy(self, column: str, covers: str, work: Interval, idle: Interval | None) -> Energy:
        joules = self._joules(column, work)
        idle_joules = None if idle is None else self._joules(column, idle) / idle.seconds * work.seconds
        return Energy(joules, idle_joules, work.seconds, f"HWiNFO log, {column}", covers)

    def _joules(self, column: str, asked: Interval) -> float:
        samples = self._samples(column, asked)
        within = sum(asked.started <= moment <= asked.ended for moment, _ in samples)
        if within < _FEWEST_LINES:
            few = say("log-lines-few", name=self._name, count=within, seconds=asked.seconds)
            raise MeterFailed(few, say("log-more-often"))
        return sum(_area(before, after, asked) for before, after in pairwise(samples))

    def _samples(self, column: str, asked: Interval) -> list[_Sample]:
        """From the last line before `asked` to the first line after it."""
        moments = self._axis(asked)
        first = max(index for index, moment in enumerate(moments) if moment <= asked.started)
        last = min(index for index, moment in enumerate(moments) if moment >= asked.ended)
        steps = [after - before for before, after in pairwise(moments)]
        if last < first or any(step < 0 for step in steps[first:last]):
            raise MeterFailed(say("log-goes-backwards", name=self._name))
        longest = max(steps[first:last], default=0.0)
        if longest > _HOLE * median(steps):
            raise MeterFailed(say("log-has-hole", name=self._name, seconds=longest))
        return [(moments[index], self._watts(index, column)) for index in range(first, last + 1)]

    def _axis(self, asked: Interval) -> Sequence[float]:
        """The lines' times. "6.8." may be in June or in August: the work itself tells which."""
        axes = [axis for axis in self._readings.time_axes if len(axis) > 1]
        covering = [axis for axis in axes if axis[0] <= asked.started and asked.ended <= axis[-1]]
        if not covering:
            extents = ", ".join(_told(axis[0], axis[-1]) for axis in axes)
            uncovered = say("log-elsewhere", name=self._name, asked=_told(asked.started, asked.ended))
            raise MeterFailed(uncovered, say("log-covers", what=extents) if extents else say("log-too-short"))
        return min(covering, key=lambda axis: axis[-1] - axis[0])

    def _watts(self, index: int, column: str) -> float:
        cell = self._readings.cells[index][self.columns.index(column)]
        try:
            watts = float(cell.replace(",", "."))
        except ValueError:
            watts = math.nan
        if not math.isfinite(watts):
            number = self._readings.line_numbers[index]
            where = say("log-cell", name=self._name, line=number, column=column)
            raise MeterFailed(say("not-a-number", where=where, text=repr(cell)))
        return watts


def _area(before: _Sample, after: _Sample, asked: Interval) -> float:
    """Joules between two readings, as far as they lie within `asked`; the watts change evenly from one to the other."""
    (start, start_watts), (end, end_watts) = before, after
    left, right = max(start, asked.started), min(end, asked.ended)
    if right <= left:
        return 0.0
    slope = (end_watts - start_watts) / (end - start)
    middle_watts = start_watts + slope * ((left + right) / 2 - start)
    return middle_watts * (right - left)


def _told(started: float, ended: float) -> str:
    begin, end = datetime.fromtimestamp(started), datetime.fromtimestamp(ended)
    return f"{begin:%Y-%m-%d %H:%M:%S} – {end:%Y-%m-%d %H:%M:%S}"
