"""The comparison as a whole: the machine at rest, the documents read once, then provider after provider."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from rag_core.bench.compare.energy_use import counted, measure_rest
from rag_core.bench.compare.kept import KeptRuns
from rag_core.bench.compare.machine import Machine
from rag_core.bench.compare.measure import LIBRARY
from rag_core.bench.compare.process import measured_apart
from rag_core.bench.compare.records import Order, Provider, ProviderRun, Reading, Work
from rag_core.bench.energy import Energy, EnergyMeter, HwinfoLog, Interval, MeterFailed
from rag_core.bench.workload import bench_questions, write_documents
from rag_core.engine import AddStep, Engine
from rag_core.engine.models import Models
from rag_core.errors import UserError
from rag_core.messages import Message, say
from rag_core.paths import DataDir
from rag_core.progress import Progress
from rag_core.settings import Settings

MeasureApart = Callable[[Order], Generator[Progress, None, ProviderRun]]


def _busy_percent() -> float:
    return float(psutil.cpu_percent(interval=1.0))


@dataclass(frozen=True, slots=True)
class Comparison:
    """`meter_notes` say why there are no (more) energy meters, `device_notes` the same of devices; `again` names
    providers that were measured before this comparison was stopped and begun again; `busy_percent` is how much of the
    processor other programs took before it began.
    """

    machine: Machine
    work: Work
    reading: Reading
    runs: Sequence[ProviderRun]
    meter_notes: Sequence[Message] = ()
    device_notes: Sequence[Message] = ()
    again: Sequence[str] = ()
    busy_percent: float = 0.0


@dataclass(frozen=True, slots=True)
class Bench:
    """What a comparison is made with. `scratch` is an empty folder that the caller removes; `models` cut the documents
    and are the caller's to close; `rest_s` is how long the machine rests first, where there is a meter, and
    `last_lines_s` how long a log that another program writes is waited for in the end: HWiNFO takes two for a line.
    """

    data_dir: DataDir
    scratch: Path
    settings: Settings
    models: Models
    machine: Machine
    meters: Sequence[EnergyMeter] = ()
    meter_notes: Sequence[Message] = ()
    device_notes: Sequence[Message] = ()
    hwinfo: Path | None = None
    rest_s: float = 10.0
    last_lines_s: float = 5.0
    measured: MeasureApart = field(default=measured_apart)
    busy_percent: Callable[[], float] = field(default=_busy_percent)


def compare(
    bench: Bench, work: Work, providers: Sequence[Provider], kept: KeptRuns
) -> Generator[AddStep, None, Comparison]:
    """Stopping it, at any step, keeps the providers that were done. Raises UserError where nothing can be measured."""
    if bench.hwinfo is not None:
        HwinfoLog(bench.hwinfo)  # what is no log is told before the work, not after it
    busy_percent = bench.busy_percent()
    idle_watts: dict[str, float] = {}
    rest = Interval(0.0, 0.0)
    if bench.meters or bench.hwinfo is not None:
        idle_watts, rest = yield from measure_rest(bench.meters, bench.rest_s)
    reading = yield from _read(bench, work, idle_watts)
    again = [provider.title for provider in providers if provider.id in kept.runs]
    runs: list[ProviderRun] = []
    for provider in providers:
        run = kept.runs.get(provider.id)
        if run is None:
            run = yield from _measure(bench, work, provider, reading, idle_watts)
            if not run.failure:
                kept.keep(run)
        runs.append(run)
    if bench.hwinfo is not None:
        yield Progress("measure", 0, 1, say("unit-waits-for-log"))
        time.sleep(bench.last_lines_s)
        reading = _with_log(HwinfoLog(bench.hwinfo), rest, reading, runs)
    kept.forget()
    return Comparison(bench.machine, work, reading, runs, bench.meter_notes, bench.device_notes, again, busy_percent)


def _read(bench: Bench, work: Work, idle_watts: Mapping[str, float]) -> Generator[AddStep, None, Reading]:
    """Reading documents and cutting them is work of the processor, whatever computes the vectors."""
    documents = bench.scratch / "documents"
    size_bytes = write_documents(documents, bench_questions(), work.files)
    settings = work.settings(bench.settings, "cpu")
    read_in = DataDir(bench.scratch / "read")
    with Engine(read_in, LIBRARY, settings, models=bench.models) as engine, counted(bench.meters, idle_watts) as use:
        started = time.perf_counter()
        added = yield from engine.add([documents], embed=False)
        seconds = time.perf_counter() - started
    if added.failed:
        raise UserError(say("samples-unreadable", reason=added.failed[0].reason), say("install-again"))
    return Reading(size_bytes, added.chunks, added.tokens, seconds, tuple(use.energies), use.interval)


def _measure(
    bench: Bench, work: Work, provider: Provider, reading: Reading, idle_watts: Mapping[str, float]
) -> Generator[Progress, None, ProviderRun]:
    folder = bench.scratch / f"on-{provider.id}"
    shutil.copytree(bench.scratch / "read", folder)
    documents = bench.scratch / "documents"
    order = Order(provider, work, bench.settings, bench.data_dir.root, folder, documents, reading, dict(idle_watts))
    run = yield from bench.measured(order)
    shutil.rmtree(folder, ignore_errors=True)  # the scratch folder goes in the end, with what is left of it
    return run


def _with_log(log: HwinfoLog, rest: Interval, reading: Reading, runs: Sequence[ProviderRun]) -> Reading:
    """Add what the log says of each piece of work, or why it says nothing."""
    for run in runs:
        for name, interval in run.intervals.items():
            energies, note = _logged(log, interval, rest)
            run.energies.setdefault(name, []).extend(energies)
            run.energy_notes.setdefault(name, []).extend(note)
    energies, note = _logged(log, reading.interval, rest)
    for run in runs:
        run.energy_notes.setdefault("index", []).extend(note)
    return replace(reading, energies=(*reading.energies, *energies))


def _logged(log: HwinfoLog, interval: Interval, rest: Interval) -> tuple[Sequence[Energy], Sequence[Message]]:
    try:
        return log.energies(interval, rest), ()
    except MeterFailed as failure:
        return (), (failure.whole,)
