"""`alcove bench --compare`: one command, tables on the screen, JSON or Markdown to pass on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rag_core.bench.compare.comparing import Bench, Comparison
from rag_core.bench.compare.kept import KeptRuns
from rag_core.bench.compare.records import Provider, ProviderRun, Reading, Work
from rag_core.cli import DONE, FAILED, STOPPED, main
from rag_core.messages import literal
from rag_core.progress import Progress
from rag_core.runtime.devices import CPU, QNN, Device, Inventory


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Work, Sequence[Provider], Bench]]:
    """What a comparison was asked to do; it measures nothing here."""
    asked: list[tuple[Work, Sequence[Provider], Bench]] = []

    def compare(bench: Bench, work: Work, providers: Sequence[Provider], kept: KeptRuns) -> Iterator[Progress]:
        yield Progress("measure", 0, 1, "steps")
        asked.append((work, providers, bench))
        assert bench.scratch.is_dir()
        for provider in providers:
            kept.keep(ProviderRun(provider, figures={"query_mean_s": 2.0}))
        if work.questions == 99:
            raise KeyboardInterrupt
        told = f"There is nothing in {bench.data_dir.packs}."
        runs = [ProviderRun(p, figures={"query_mean_s": 2.0}, failure=literal(told)) for p in providers]
        return Comparison(bench.machine, work, Reading(10**6, 5, 50, 1.0), runs, bench.meter_notes)  # type: ignore[return-value]

    devices = (Device(CPU, "cpu", "a processor", "", False, None), Device(QNN, "npu", "a chip", "", True, None))
    monkeypatch.setattr("rag_core.cli.measuring.compare", compare)
    monkeypatch.setattr("rag_core.cli.measuring.list_devices", lambda: Inventory(devices))
    monkeypatch.setenv("ALCOVE_DATA_DIR", str(tmp_path / "data"))
    return asked


def test_the_tables_are_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.md"
    assert main(["bench", "--compare", "--markdown", str(file)]) == DONE
    said = capsys.readouterr().out
    for text in (said, file.read_text(encoding="utf-8")):
        assert "Query latency, mean" in text and "2.00" in text and "arXiv 2606.11257" in text
        assert str(tmp_path) not in text and "(data folder)" in text


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--compare", "--json"]) == DONE
    document = json.loads(capsys.readouterr().out)
    assert document["version"] == 1 and [provider["id"] for provider in document["providers"]] == ["cpu"]


def test_an_emulated_npu_is_measured_on_demand_and_with_little_work(
    asked: list[tuple[Work, Sequence[Provider], Bench]],
) -> None:
    main(["bench", "--compare"])
    main(["bench", "--compare", "--emulated", "--questions", "1"])
    (whole, alone, _), (little, both, _) = asked
    assert [provider.id for provider in alone] == ["cpu"] and [provider.id for provider in both] == ["cpu", "npu"]
    assert little.questions == 1 and little.max_new_tokens < whole.max_new_tokens and little.files < whole.files


def test_what_was_measured_before_a_stop_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--compare", "--questions", "99"]) == STOPPED
    capsys.readouterr()
    assert main(["bench", "--compare", "--questions", "99"]) == STOPPED
    assert "Measured before, and kept: CPU." in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", [["--emulated"], ["--questions", "2"], ["--hwinfo", "x.csv"], ["--markdown", "x.md"]]
)
def test_what_belongs_to_a_comparison_asks_for_one(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *option]) == FAILED
    assert "Add “--compare”" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--compare", "--markdown", str(tmp_path / "no" / "x.md")]) == FAILED
    assert "cannot be written" in capsys.readouterr().err
