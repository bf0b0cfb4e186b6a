"""A provider's process may crash, hang, or be stopped: it costs its own column, is told, and leaves nothing behind."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import psutil
import pytest

from rag_core.bench.compare.cells import table_of
from rag_core.bench.compare.comparing import Bench, Comparison, compare
from rag_core.bench.compare.kept import KeptRuns, key_of
from rag_core.bench.compare.machine import this_machine
from rag_core.bench.compare.process import measured_apart
from rag_core.bench.compare.records import Order, Provider, ProviderRun, Reading, Work
from rag_core.bench.energy import Interval, MeterFailed
from rag_core.errors import StorageFull
from rag_core.messages import literal
from rag_core.paths import DataDir
from rag_core.progress import Progress, run_to_end
from rag_core.settings import Settings
from tests.fakes_models import FakeModels

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Provider("cpu", "fake", "CPU", "a processor")
THERE = Provider("npu", "other", "NPU", "a chip")
CHILD = f"""
import os, pickle, sys, time
sys.path.insert(0, {str(ROOT)!r})
from rag_core.bench.compare.records import Ended, ProviderRun
from rag_core.progress import Progress
from rag_core.process.wire import receive, send
order = pickle.loads(receive(sys.stdin.buffer))
run = ProviderRun(order.provider, figures={{"embed_tokens_per_s": 9.0}})
def say(message):
    send(sys.stdout.buffer, pickle.dumps(message))
say(Progress("measure", 1, 2, "steps"))
say(run)
"""


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the child does after it has measured one figure."""
    script: list[str] = []
    command = lambda kind: [sys.executable, "-c", CHILD + "\n".join(script)]  # noqa: E731
    monkeypatch.setattr("rag_core.process.children.child_command", command)
    before = set(psutil.Process().children())
    yield script
    assert not set(psutil.Process().children()) - before


def order(tmp_path: Path) -> Order:
    return Order(HERE, Work(), Settings(), tmp_path, tmp_path, tmp_path, Reading(1, 1, 1, 1.0), {})


def test_what_the_process_measured_comes_back(child: list[str], tmp_path: Path) -> None:
    child.append("say(Ended())")
    run = run_to_end(measured_apart(order(tmp_path)))
    assert run.figures == {"embed_tokens_per_s": 9.0} and not run.failure


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("os.abort()", "ended unexpectedly"),
        ("sys.exit(3)", "Its process ended unexpectedly (code 3)."),
        ("say(Ended('The models are damaged.'))", "The models are damaged."),
    ],
)
def test_a_process_that_ends_early_says_so_beside_what_it_measured(
    child: list[str], tmp_path: Path, end: str, told: str
) -> None:
    child.append(end)
    run = run_to_end(measured_apart(order(tmp_path)))
    assert told in str(run.failure) and run.figures == {"embed_tokens_per_s": 9.0}


def test_a_process_that_hangs_is_stopped(child: list[str], tmp_path: Path) -> None:
    child.append("sys.stdin.buffer.read()")
    run = run_to_end(measured_apart(order(tmp_path), longest_silence_s=2.0))
    assert "said nothing" in str(run.failure)


def test_stopping_ends_the_process(child: list[str], tmp_path: Path) -> None:
    child.append("sys.stdin.buffer.read()")
    work = measured_apart(order(tmp_path))
    assert isinstance(next(work), Progress)
    work.close()


def test_the_real_child_says_why_it_cannot_measure(tmp_path: Path) -> None:
    """No packs: the error of the child's models comes back as it is."""
    run = run_to_end(measured_apart(order(tmp_path)))
    assert str(run.failure).startswith("No model pack")


# --- The comparison around it -----------------------------------------------------------------------------------------


def bench(tmp_path: Path, runs: dict[str, ProviderRun | BaseException], measured: list[str]) -> Bench:
    def measure(order: Order) -> Generator[Progress, None, ProviderRun]:
        yield Progress("measure", 0, 1)
        measured.append(order.provider.id)
        outcome = runs[order.provider.id]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    scratch = tmp_path / f"scratch{len(list(tmp_path.glob('scratch*')))}"
    scratch.mkdir()
    data_dir = DataDir(tmp_path / "data")
    return Bench(
        data_dir, scratch, Settings(), FakeModels(), this_machine(), measured=measure, busy_percent=lambda: 0.0
    )


def compared(tmp_path: Path, runs: dict[str, ProviderRun | BaseException], measured: list[str]) -> Comparison:
    kept = KeptRuns(tmp_path / "kept.json", "key")
    return run_to_end(compare(bench(tmp_path, runs, measured), Work(files=0), [HERE, THERE], kept))


def test_a_provider_that_crashes_costs_its_column_only(tmp_path: Path) -> None:
    good = ProviderRun(HERE, figures={"embed_tokens_per_s": 9.0, "query_mean_s": 2.0})
    bad = ProviderRun(
        THERE, figures={"embed_tokens_per_s": 5.0}, failure=literal("Its process ended unexpectedly (signal 11).")
    )
    found = compared(tmp_path, {"cpu": good, "npu": bad}, [])
    rows = {row.key: row for row in table_of(found)}
    assert [cell.value for cell in rows["embed_tokens_per_s"].cells] == [9.0, 5.0]
    assert [cell.value for cell in rows["query_mean_s"].cells] == [2.0, None]
    assert rows["query_mean_s"].cells[1].reason == bad.failure


def test_a_comparison_that_was_stopped_goes_on_with_the_next_provider(tmp_path: Path) -> None:
    measured: list[str] = []
    runs: dict[str, ProviderRun | BaseException] = {
        "cpu": ProviderRun(HERE, figures={"query_mean_s": 2.0}),
        "npu": KeyboardInterrupt(),
    }
    with pytest.raises(KeyboardInterrupt):
        compared(tmp_path, runs, measured)
    runs["npu"] = ProviderRun(THERE, figures={"query_mean_s": 1.0})
    found = compared(tmp_path, runs, measured)
    assert measured == ["cpu", "npu", "npu"]
    assert [run.figures["query_mean_s"] for run in found.runs] == [2.0, 1.0] and found.again == ["CPU"]
    compared(tmp_path, runs, measured)
    assert measured[3:] == ["cpu", "npu"], "a comparison that was finished is not kept"


def test_what_crashed_is_measured_again(tmp_path: Path) -> None:
    measured: list[str] = []
    crashed: dict[str, ProviderRun | BaseException] = {
        "cpu": ProviderRun(HERE, failure=literal("Its process ended unexpectedly (signal 11).")),
        "npu": StorageFull("The disk is full."),
    }
    with pytest.raises(StorageFull):
        compared(tmp_path, crashed, measured)
    with pytest.raises(StorageFull):
        compared(tmp_path, crashed, measured)
    assert measured == ["cpu", "npu", "cpu", "npu"]


def test_a_log_of_hwinfo_is_asked_about_each_piece_of_work(tmp_path: Path) -> None:
    now = time.time()
    log = tmp_path / "log.csv"
    moments = [datetime.fromtimestamp(now + step / 100) for step in range(-1000, 6_000)]
    lines = [f"{moment:%Y-%m-%d,%H:%M:%S.%f}"[:-3] + ",12.5" for moment in moments]
    log.write_text("\n".join(["Date,Time,CPU Package Power [W]", *lines]), encoding="utf-8")
    run = ProviderRun(HERE, intervals={"query": Interval(now - 8, now - 4), "index": Interval(now - 100, now - 90)})
    made = bench(tmp_path, {"cpu": run}, [])
    made = replace(made, hwinfo=log, rest_s=0.2, last_lines_s=0.0)
    found = run_to_end(compare(made, Work(files=0), [HERE], KeptRuns(tmp_path / "kept.json", "key")))
    (energy,) = found.runs[0].energies["query"]
    assert energy.joules == pytest.approx(50.0) and energy.idle_joules == pytest.approx(50.0)
    assert energy.covers == "processor package" and found.reading.energies[0].covers == energy.covers
    assert "does not cover the time" in str(found.runs[0].energy_notes["index"][0])


def test_what_is_no_log_is_told_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("a,b\n1,2\n")
    measured: list[str] = []
    made = replace(bench(tmp_path, {}, measured), hwinfo=tmp_path / "log.csv")
    with pytest.raises(MeterFailed):
        run_to_end(compare(made, Work(files=0), [HERE], KeptRuns(tmp_path / "kept.json", "key")))
    assert not measured


@pytest.mark.parametrize("damage", ["", "[]", '{"key": "key"}', '{"key": "key", "runs": [{}]}', '{"key": "other"}'])
def test_kept_figures_that_are_damaged_or_of_another_work_are_not_used(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "kept.json"
    path.write_text(damage)
    assert KeptRuns(path, "key").runs == {}


def test_figures_are_kept_for_the_same_work_on_the_same_machine(tmp_path: Path) -> None:
    def key(work: Work = Work(), settings: Settings = Settings()) -> str:  # noqa: B008 - both are frozen
        return key_of(work, this_machine(), settings, tmp_path)

    assert key() == key() != key(Work(questions=1))
    assert key() != key(settings=Settings(threads=1))
