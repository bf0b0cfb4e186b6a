"""Measures this machine: reading, embedding, search, answering, memory. One command, the same work everywhere.

The documents are the samples that ship with Alcove and plain-text files shuffled from their sentences (fixed seed), so
that two machines can be compared. Figures are medians over repeated questions unless they say otherwise. Nothing is
estimated: a figure that was not measured is absent.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rag_core.bench.workload import bench_questions, peak_memory_bytes, percentile, write_documents
from rag_core.engine import AddStep, Engine
from rag_core.engine.models import Models
from rag_core.evaluate.questions import Question
from rag_core.messages import say
from rag_core.paths import DataDir
from rag_core.progress import Progress
from rag_core.settings import Settings
from rag_core.types import Answer

_FILES = 200
_SEARCH_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `name` carries no unit, `unit` does."""

    name: str
    value: float
    unit: str


@dataclass(slots=True)
class BenchReport:
    figures: list[Figure] = field(default_factory=list)
    providers: dict[str, str] = field(default_factory=dict)

    def record(self, name: str, value: float, unit: str) -> None:
        self.figures.append(Figure(name, value, unit))


def run_bench(
    packs_from: DataDir, scratch: Path, settings: Settings, quick: bool = False
) -> Generator[AddStep, None, BenchReport]:
    """Measure in `scratch`, an empty folder that the caller removes. Uses the packs of `packs_from`."""
    report = BenchReport()
    documents = scratch / "documents"
    questions = bench_questions()
    size_bytes = write_documents(documents, questions, _FILES // 10 if quick else _FILES)
    models = Models(packs_from, settings)
    with Engine(DataDir(scratch / "data"), "bench", settings, models=models) as engine:
        yield from _measure_adding(engine, documents, size_bytes, report)
        yield from _measure_search(engine, questions, 1 if quick else _SEARCH_ROUNDS, report)
        yield from _measure_answers(engine, questions[: 3 if quick else 12], report)
    report.record("peak memory", peak_memory_bytes() / 1024**2, "MiB")
    return report


def _measure_adding(
    engine: Engine, documents: Path, size_bytes: int, report: BenchReport
) -> Generator[AddStep, None, None]:
    started = time.perf_counter()
    added = yield from engine.add([documents], embed=False)
    seconds = time.perf_counter() - started
    report.record("read and made keyword-searchable", size_bytes / 1e6 / seconds, "MB/s")
    report.record("read and made keyword-searchable", added.chunks / seconds, "chunks/s")
    engine.search("warm the encoder")
    started = time.perf_counter()
    yield from engine.add([documents])
    seconds = time.perf_counter() - started
    report.record("embedded", added.tokens / seconds, "tokens/s")
    report.record("embedded", added.chunks / seconds, "chunks/s")
    started = time.perf_counter()
    yield from engine.add([documents])
    report.record("added again, nothing changed", (time.perf_counter() - started) * 1000, "ms")


def _measure_search(
    engine: Engine, questions: Sequence[Question], rounds: int, report: BenchReport
) -> Generator[Progress, None, None]:
    times_ms: list[float] = []
    for done in range(rounds):
        yield Progress("measure", done, rounds, say("unit-rounds-of-searches"))
        for question in questions:
            started = time.perf_counter()
            engine.search(question.question)
            times_ms.append((time.perf_counter() - started) * 1000)
    yield Progress("measure", rounds, rounds, say("unit-rounds-of-searches"))
    report.record("search p50", percentile(times_ms, 50), "ms")
    report.record("search p95", percentile(times_ms, 95), "ms")


def _measure_answers(
    engine: Engine, questions: Sequence[Question], report: BenchReport
) -> Generator[Progress, None, None]:
    measured: dict[tuple[str, str], list[float]] = {}
    for done, question in enumerate(questions):
        yield Progress("measure", done, len(questions), "answers")
        for event in engine.ask(question.question):
            if isinstance(event, Answer) and not event.not_found:
                for figure, value in _figures_of(event.timings_ms, event.counts):
                    measured.setdefault(figure, []).append(value)
                report.providers |= event.providers
    yield Progress("measure", len(questions), len(questions), "answers")
    for (name, unit), values in sorted(measured.items()):
        report.record(name, statistics.median(values), unit)


def _figures_of(timings_ms: dict[str, float], counts: dict[str, int]) -> Iterator[tuple[tuple[str, str], float]]:
    """Name and unit of each, and its value in one answer."""
    for key, name in (
        ("first_passages", "time to first passages"),
        ("rerank", "reranking"),
        ("first_token", "time to first token"),
    ):
        if key in timings_ms:
            yield (name, "ms"), timings_ms[key]
    for key, name, unit, count in (
        ("rerank", "reranking", "pairs/s", counts.get("reranked", 0)),
        ("prefill", "prefill", "tokens/s", counts["prompt_tokens"] - counts["reused_tokens"]),
        ("decode", "decode", "tokens/s", counts["new_tokens"] - 1),
    ):
        if count > 0 and timings_ms.get(key, 0) > 0:
            yield (name, unit), count / timings_ms[key] * 1000
