"""`alcove bench` measures each figure it names, and names none that it did not measure."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_core.bench.speed import _figures_of, run_bench
from rag_core.paths import DataDir
from rag_core.progress import run_to_end
from rag_core.settings import Settings
from rag_core.stages import READ
from tests.fakes_models import FakeModels
from tests.fakes_reader import FakeReader

ALWAYS = {
    *(("read and made keyword-searchable", unit) for unit in ("MB/s", "chunks/s")),
    *(("embedded", unit) for unit in ("tokens/s", "chunks/s")),
    ("added again, nothing changed", "ms"),
    *((f"search {percentile}", "ms") for percentile in ("p50", "p95")),
    *((f"time to first {what}", "ms") for what in ("passages", "token")),
    *(("reranking", unit) for unit in ("ms", "pairs/s")),
    ("peak memory", "MiB"),
}


def test_every_figure_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = FakeModels()
    models[READ].give(FakeReader())
    monkeypatch.setattr("rag_core.bench.speed.Models", lambda *_: models)
    monkeypatch.setattr("rag_core.bench.speed._FILES", 20)
    report = run_to_end(run_bench(DataDir(tmp_path), tmp_path / "scratch", Settings(), quick=True))
    found = [(figure.name, figure.unit) for figure in report.figures]
    assert len(found) == len(set(found)) and set(found) >= ALWAYS
    assert all(figure.value > 0 for figure in report.figures)
    assert report.providers["embed"] == report.providers["generate"] == "fake"


def test_what_was_not_timed_has_no_figure() -> None:
    counts = {"prompt_tokens": 100, "reused_tokens": 40, "new_tokens": 11}
    figures = dict(_figures_of({"prefill": 30.0, "decode": 20.0}, counts))
    assert figures == {("prefill", "tokens/s"): 2000.0, ("decode", "tokens/s"): 500.0}
