"""The table: the paper's rows, honest cells, agreement, and nothing of the person in it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag_core.bench.compare import report, tables
from rag_core.bench.compare.agreement import agreement
from rag_core.bench.compare.cells import Row, table_of
from rag_core.bench.compare.comparing import Comparison
from rag_core.bench.compare.machine import this_machine
from rag_core.bench.compare.providers import notes_of, providers_of
from rag_core.bench.compare.records import Provider, ProviderRun, Reading, Said, StageFacts, Work
from rag_core.bench.energy import Energy, Interval
from rag_core.messages import Message, literal
from rag_core.runtime.devices import CPU, QNN, Device, DeviceKind, Inventory

CPU_COLUMN = Provider("cpu", CPU, "CPU", "a processor")
NPU_COLUMN = Provider("npu", QNN, "NPU (QNN)", "a chip")
PACKAGE = "processor package"
QUESTIONS = ("q", "r", "s", "t")


def energy(joules: float, idle: float | None = 10.0, meter: str = "RAPL", covers: str = PACKAGE) -> Energy:
    return Energy(joules, idle, 5.0, meter, covers)


def run(provider: Provider, **changes: Any) -> ProviderRun:
    made = ProviderRun(
        provider,
        stages={"generate": StageFacts("llm", "fp16", provider.name, {provider.name: 1200}, 0.4)},
        figures={"embed_tokens_per_s": 1234.5, "index_s": 8.0, "query_mean_s": 2.0, "first_token_s": 0.25},
        absent={
            "rerank_pairs_per_s": literal("It is not installed."),
            "prefill_tokens_per_s": literal("The chip refused it."),
        },
        said=[Said(q, "a", "same", ("one", "two", "three"), ("x.pdf, page 1",)) for q in QUESTIONS],
        vectors=[[1.0, 0.0], [0.0, 1.0]],
        found=[["a", "b"], ["c", "d"]],
    )
    return replace(made, **changes)


def comparison(*runs: ProviderRun, **changes: Any) -> Comparison:
    made = Comparison(this_machine(), Work(questions=99), Reading(2_000_000, 90, 12_000, 3.0), runs)
    return replace(made, **changes)


def rows(found: Comparison) -> dict[str, Row]:
    return {row.key: row for row in table_of(found)}


def test_the_papers_rows_stand_beside_each_provider() -> None:
    table = rows(comparison(run(CPU_COLUMN), run(NPU_COLUMN)))
    assert list(table["embed_tokens_per_s"].paper) == [3325, 367]
    assert list(table["first_token_s"].paper) == [1.30, 24.77]
    assert [cell.value for cell in table["embed_tokens_per_s"].cells] == [1234.5, 1234.5]
    reranked = table["rerank_pairs_per_s"].cells[0]
    assert reranked.value is None and reranked.reason == literal("It is not installed.")
    assert table["prefill_tokens_per_s"].cells[1].reason == literal("The chip refused it.")


def test_agreement_is_counted_place_by_place() -> None:
    other = run(
        NPU_COLUMN,
        said=[Said(q, "b", "same", ("one", "2", "three", "four"), ("x.pdf, page 1",)) for q in QUESTIONS],
        vectors=[[0.6, 0.8], [0.0, 1.0]],
        found=[["b", "a"], ["c", "x"]],
    )
    assert agreement(run(CPU_COLUMN), other) == pytest.approx(
        {
            "same_prompts": 1.0,
            "equal_tokens": 0.5,
            "equal_answers": 0.0,
            "equal_sources": 1.0,
            "cosine_mean": 0.8,
            "cosine_worst": 0.6,
            "top10_overlap": 0.75,
        }
    )


def test_tokens_after_different_prompts_are_not_compared() -> None:
    other = run(NPU_COLUMN, said=[Said(q, "a", "other", ("one",), ()) for q in QUESTIONS])
    found = agreement(run(CPU_COLUMN), other)
    assert "different passages" in str(found["equal_tokens"])
    assert (found["equal_answers"], found["same_prompts"], found["equal_sources"]) == (1.0, 0.0, 0.0)


def test_where_a_stage_is_missing_there_is_no_agreement_but_a_reason() -> None:
    crashed = ProviderRun(
        NPU_COLUMN, absent={"embed_tokens_per_s": literal("No graph.")}, failure=literal("It crashed.")
    )
    found = agreement(run(CPU_COLUMN), crashed)
    assert found["cosine_mean"] == found["top10_overlap"] == literal("No graph.")
    assert found["equal_tokens"] == found["equal_answers"] == literal("It crashed.")


def test_one_provider_alone_agrees_with_nobody() -> None:
    assert "equal_tokens" not in rows(comparison(run(CPU_COLUMN)))


def test_energy_is_net_of_rest_with_its_meter_beside_it() -> None:
    cpu = run(CPU_COLUMN, energies={"query": [energy(50.0)], "index": [energy(30.0)]})
    npu = run(NPU_COLUMN, energies={"query": [energy(9.0)], "index": [energy(12.0)]})
    reading = Reading(2_000_000, 90, 12_000, 3.0, (energy(16.0),), Interval(0.0, 1.0))
    table = rows(comparison(cpu, npu, reading=reading))
    query, indexed = table["query_j:RAPL"], table["index_j_per_mb:RAPL"]
    assert query.cells[0].value == pytest.approx(40.0 / 4) and indexed.cells[0].value == pytest.approx((6 + 20) / 2)
    assert query.cells[1].value is None and "told from the machine at rest" in str(query.cells[1].reason)
    assert PACKAGE in str(query.label) and "RAPL" in str(query.note) and list(query.paper) == [315, 1251]


def test_meters_that_cover_different_things_are_never_added_up() -> None:
    both = [energy(50.0), energy(90.0, meter="battery", covers="whole machine")]
    table = rows(comparison(run(CPU_COLUMN, energies={"query": both})))
    assert [table[f"query_j:{meter}"].cells[0].value for meter in ("RAPL", "battery")] == [10.0, 20.0]


def test_energy_that_nobody_counted_is_absent_with_the_reason() -> None:
    table = rows(comparison(run(CPU_COLUMN), meter_notes=(literal("RAPL: may be read by the administrator only."),)))
    assert table["query_j"].cells[0].reason == literal("RAPL: may be read by the administrator only.")
    unrested = run(CPU_COLUMN, energies={"query": [energy(50.0, idle=None)]})
    assert rows(comparison(unrested))["query_j:RAPL"].cells[0].value is None


def test_every_time_on_an_emulated_npu_is_marked() -> None:
    emulated = run(replace(NPU_COLUMN, emulated=True), energies={"query": [energy(50.0)]})
    found = comparison(run(CPU_COLUMN, energies={"query": [energy(50.0)]}), emulated)
    for row in table_of(found)[:12]:
        assert not row.cells[0].emulated and row.cells[1].emulated == (row.cells[1].value is not None), row
    text = tables.markdown_of(found, str)
    assert "1,234 †" in text or "1,235 †" in text
    assert "| 0.400 | 0.400 † |" in text, "opening a model takes time as well"
    assert str(tables.EMULATED_NOTE) in text
    (speed,) = (row for row in report.json_of(found, str)["rows"] if row["key"] == "query_mean_s")
    assert speed["values"]["npu"] == {"value": 2.0, "reason": None, "emulated": True}


def test_the_json_keeps_its_shape() -> None:
    document = report.json_of(comparison(run(CPU_COLUMN), run(NPU_COLUMN)), str)
    document = json.loads(json.dumps(document))
    assert document["version"] == 1
    assert document.keys() == {
        *("version", "machine", "work", "documents", "providers", "rows", "paper"),
        *("meters_absent", "devices_absent", "measured_before", "busy_percent"),
    }
    assert {"processor", "cores", "memory_gib", "system", "alcove", "versions", "date"} <= document["machine"].keys()
    assert all(row["values"].keys() == {"cpu", "npu"} for row in document["rows"])
    assert all(row.keys() == {"key", "label", "unit", "note", "values", "paper"} for row in document["rows"])
    assert document["providers"][1]["stages"]["generate"]["placement"] == {QNN: 1200}
    assert "arXiv 2606.11257" in document["paper"]


def test_a_report_does_not_say_whose_machine_it_was() -> None:
    home, data = Path("/home/hana.sato"), Path("/home/hana.sato/alcove")
    private = report.private_places({home: "~", data: "(data folder)"})
    told = literal(f"There is no model pack in {data / 'packs'}, nor in {home / 'x'}.")
    found = comparison(ProviderRun(CPU_COLUMN, failure=told), run(NPU_COLUMN, absent={"decode_tokens_per_s": told}))

    def hidden(said: Message | str) -> str:
        return report.without(private, str(said))

    for text in (tables.markdown_of(found, hidden), json.dumps(report.json_of(found, hidden))):
        assert "hana" not in text and "in (data folder)/packs, nor in ~/x." in text


def test_the_markdown_is_a_table_that_others_can_read() -> None:
    text = tables.markdown_of(comparison(run(CPU_COLUMN), run(NPU_COLUMN), again=["CPU"]), str)
    lines = text.splitlines()
    header = next(line for line in lines if line.startswith("|  | unit"))
    assert header == "|  | unit | CPU | NPU (QNN) | paper: NPU | paper: CPU |"
    assert all(line.count("|") in (7, 5) for line in lines if line.startswith("|"))
    assert "1,200 nodes on QNNExecutionProvider" in text and "Measured before a stop" in text
    (refused,) = (line for line in lines if line.startswith("| LLM prefill"))
    mark = refused.split("–")[1].split("|")[0].strip()
    assert f"{mark} The chip refused it." in lines


def test_a_machine_that_was_not_at_rest_is_told() -> None:
    assert "Other programs" not in tables.markdown_of(comparison(run(CPU_COLUMN), busy_percent=3.0), str)
    assert "Other programs took 57 % of the processor" in tables.markdown_of(
        comparison(run(CPU_COLUMN), busy_percent=57.0), str
    )


# --- Columns ----------------------------------------------------------------------------------------------------------


def device(provider: str, kind: DeviceKind, *, emulated: bool = False) -> Device:
    return Device(provider, kind, f"a {kind}", "a maker", emulated, None)


def test_the_processor_is_first_and_an_emulated_npu_only_there_when_asked_for() -> None:
    inventory = Inventory((device(CPU, "cpu"), device(QNN, "npu", emulated=True)))
    assert [column.id for column in providers_of(inventory, emulated=False)] == ["cpu"]
    assert list(map(str, notes_of(inventory, emulated=False))) == [
        "QNNExecutionProvider is only emulated here, and left out."
    ]
    assert notes_of(inventory, emulated=True) == ()
    columns = providers_of(inventory, emulated=True)
    assert [column.id for column in columns] == ["cpu", "npu"] and columns[1].emulated
    assert "emulated" in columns[1].title


def test_each_provider_has_one_column() -> None:
    inventory = Inventory(
        (device(QNN, "npu"), device(QNN, "gpu"), device("DmlExecutionProvider", "gpu"), device(CPU, "cpu"))
    )
    columns = providers_of(inventory, emulated=False)
    assert [(column.id, column.title) for column in columns] == [
        ("cpu", "CPU"),
        ("npu", "NPU (QNN)"),
        ("DmlExecutionProvider", "GPU (Dml)"),
    ]
