"""What the meters of this machine count over a piece of work, of all of them at once."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from rag_core.bench.energy import Energy, EnergyMeter, EnergyWindow, Interval
from rag_core.messages import Message, say
from rag_core.progress import Progress

_REST_STEP_S = 0.5
_AT_REST = say("unit-moments-of-rest")


@dataclass(slots=True)
class Use:
    """`interval` is when the work was done: a log that another program writes can be asked about it later."""

    energies: list[Energy] = field(default_factory=list)
    notes: list[Message] = field(default_factory=list)
    interval: Interval = field(default_factory=lambda: Interval(0.0, 0.0))


@contextmanager
def counted(meters: Sequence[EnergyMeter], idle_watts: Mapping[str, float]) -> Iterator[Use]:
    """`with counted(...) as use: work()`. A meter that fails leaves a note; the work goes on."""
    use = Use()
    started = time.time()
    with ExitStack() as opened:
        windows = [opened.enter_context(EnergyWindow(meter, idle_watts.get(meter.name))) for meter in meters]
        yield use
    use.interval = Interval(started, time.time())
    use.energies = [window.energy for window in windows if window.energy is not None]
    use.notes = [window.note for window in windows if window.note]


def measure_rest(
    meters: Sequence[EnergyMeter], seconds: float
) -> Generator[Progress, None, tuple[dict[str, float], Interval]]:
    """The watts of each meter while nothing is done for `seconds`, and when that was."""
    steps = max(1, round(seconds / _REST_STEP_S))
    with counted(meters, {}) as use:
        for step in range(steps):
            yield Progress("measure", step, steps, _AT_REST)
            time.sleep(seconds / steps)
    yield Progress("measure", steps, steps, _AT_REST)
    return {energy.meter_name: energy.joules / energy.seconds for energy in use.energies}, use.interval
