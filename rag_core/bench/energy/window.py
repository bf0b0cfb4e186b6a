"""Measures one meter over a piece of work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

from rag_core.bench.energy.meter import Energy, EnergyMeter, Interval, MeterFailed

IDLE_S = 10.0
_READ_EVERY_S = 60.0  # small RAPL counters start again from zero after a quarter of an hour of hard work


def measure_idle(
    meter: EnergyMeter,
    seconds: float,
    *,
    clock: Callable[[], float] = time.perf_counter,
    sleep: Callable[[float], None] = time.sleep,
) -> float:
    """The watts that the meter counts while this program rests for `seconds`. Raises `MeterFailed`."""
    if seconds <= 0:
        raise ValueError("Power at rest takes time to measure.")
    started, before = clock(), meter.joules()
    sleep(seconds)
    ended, after = clock(), meter.joules()
    return (after - before) / (ended - started)


class EnergyWindow:
    """`with EnergyWindow(meter) as window: work()`, then `window.energy`.

    The power at rest is measured first, for `idle_s` seconds; 0 leaves it out. Whoever measures several pieces of work
    measures it once and gives it as `idle_watts`. Without a meter there is nothing to measure and no rest, unless
    `rest_without_meter`: then a log that another program writes can be asked later, about `idle` and `work`.

    A meter that fails does not stop the work: `energy` is None and `note` says why.
    """

    def __init__(
        self,
        meter: EnergyMeter | None,
        *,
        idle_s: float = IDLE_S,
        idle_watts: float | None = None,
        rest_without_meter: bool = False,
        read_every_s: float = _READ_EVERY_S,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.energy: Energy | None = None
        self.note = "" if meter else "There was no energy meter."
        self.idle: Interval | None = None
        self.work: Interval | None = None
        self.idle_watts = idle_watts
        self._meter = meter
        self._idle_s = idle_s if meter or rest_without_meter else 0.0
        self._read_every_s, self._clock, self._sleep = read_every_s, clock, sleep
        self._stop = threading.Event()
        self._reader: threading.Thread | None = None

    def __enter__(self) -> EnergyWindow:
        try:
            self._rest()
            self._joules_before = self._meter.joules() if self._meter else 0.0
        except MeterFailed as failure:
            self._fail(failure)
        if self._meter is not None:
            self._reader = threading.Thread(target=self._read_now_and_then, name="energy meter", daemon=True)
            self._reader.start()
        self._started, self._started_at = self._clock(), time.time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds, ended_at = self._clock() - self._started, time.time()
        self.work = Interval(self._started_at, ended_at)
        self._stop.set()
        if self._reader is not None:
            self._reader.join()
        if self._meter is None:
            return
        try:
            joules = self._meter.joules() - self._joules_before
        except MeterFailed as failure:
            self._fail(failure)
            return
        idle_joules = None if self.idle_watts is None else self.idle_watts * seconds
        self.energy = Energy(joules, idle_joules, seconds, self._meter.name, self._meter.covers)

    def _rest(self) -> None:
        if self.idle_watts is not None or self._idle_s <= 0:
            return
        started_at = time.time()
        if self._meter is None:
            self._sleep(self._idle_s)
        else:
            self.idle_watts = measure_idle(self._meter, self._idle_s, clock=self._clock, sleep=self._sleep)
        self.idle = Interval(started_at, time.time())

    def _read_now_and_then(self) -> None:
        """Counters that start again from zero are followed only if they are read before they do it twice."""
        while self._meter is not None and not self._stop.wait(self._read_every_s):
            try:
                self._meter.joules()
            except MeterFailed as failure:
                self._fail(failure)

    def _fail(self, failure: MeterFailed) -> None:
        """The joules from here on would be wrong, even if the meter works again later."""
        self.note = self.note or str(failure)
        self._meter = None
