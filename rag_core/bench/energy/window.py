"""Measures one meter over a piece of work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

from rag_core.bench.energy.meter import Energy, EnergyMeter, MeterFailed
from rag_core.messages import NOTHING

_READ_EVERY_S = 60.0  # small RAPL counters start again from zero after a quarter of an hour of hard work


class EnergyWindow:
    """`with EnergyWindow(meter) as window: work()`, then `window.energy`, net of `idle_watts` where they are known.

    A meter that fails does not stop the work: `energy` is None and `note` says why.
    """

    def __init__(
        self,
        meter: EnergyMeter,
        idle_watts: float | None = None,
        *,
        read_every_s: float = _READ_EVERY_S,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.energy: Energy | None = None
        self.note = NOTHING
        self._meter = meter
        self._idle_watts = idle_watts
        self._read_every_s, self._clock = read_every_s, clock
        self._stop = threading.Event()
        self._reader = threading.Thread(target=self._read_now_and_then, name="energy meter", daemon=True)

    def __enter__(self) -> EnergyWindow:
        self._joules_before = self._joules()
        self._reader.start()
        self._started = self._clock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = self._clock() - self._started
        self._stop.set()
        self._reader.join()
        joules = self._joules() - self._joules_before
        if not self.note:
            idle_joules = None if self._idle_watts is None else self._idle_watts * seconds
            self.energy = Energy(joules, idle_joules, seconds, self._meter.name, self._meter.covers)

    def _read_now_and_then(self) -> None:
        """Counters that start again from zero are followed only if they are read before they do it twice."""
        while not self._stop.wait(self._read_every_s):
            self._joules()

    def _joules(self) -> float:
        """After a failure 0: the joules from there on would be wrong, even if the meter works again later."""
        try:
            return 0.0 if self.note else self._meter.joules()
        except MeterFailed as failure:
            self.note = failure.whole
            return 0.0
