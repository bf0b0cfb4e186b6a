"""The comparison as JSON, and what must not stand in any report: whose machine it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rag_core.bench.compare import paper
from rag_core.bench.compare.cells import Row, table_of
from rag_core.bench.compare.comparing import Comparison
from rag_core.bench.compare.records import ProviderRun
from rag_core.messages import Message

VERSION = 1
Told = Callable[[Message | str], str]


def json_of(comparison: Comparison, told: Told) -> dict[str, Any]:
    """`told` puts what is said into words, without what must not stand in a report."""
    ids = [run.provider.id for run in comparison.runs]
    machine = asdict(replace(comparison.machine, versions=dict(comparison.machine.versions)))
    document = {
        "version": VERSION,
        "machine": machine,
        "work": asdict(comparison.work),
        "documents": {
            "bytes": comparison.reading.bytes,
            "passages": comparison.reading.chunks,
            "tokens": comparison.reading.tokens,
            "read_s": comparison.reading.seconds,
        },
        "providers": [_provider(run) for run in comparison.runs],
        "rows": [_row(row, ids) for row in table_of(comparison)],
        "meters_absent": list(comparison.meter_notes),
        "devices_absent": list(comparison.device_notes),
        "busy_percent": comparison.busy_percent,
        "measured_before": list(comparison.again),
        "paper": paper.CITED,
    }
    words: dict[str, Any] = _in_words(document, told)
    return words


def _provider(run: ProviderRun) -> dict[str, Any]:
    return {
        **asdict(run.provider),
        "failure": run.failure or None,
        "stages": {stage: asdict(facts) for stage, facts in run.stages.items()},
        "peak_memory_mib": run.figures.get("peak_memory_mib"),
        "answers": [{"question": s.question, "answer": s.text, "sources": list(s.sources)} for s in run.said],
    }


def _row(row: Row, ids: Sequence[str]) -> dict[str, Any]:
    cells = {
        name: {"value": cell.value, "reason": cell.reason or None, "emulated": cell.emulated}
        for name, cell in zip(ids, row.cells, strict=True)
    }
    npu, cpu = row.paper
    kept = {"key": row.key, "label": row.label, "unit": row.unit, "note": row.note or None}
    return {**kept, "values": cells, "paper": {"npu": npu, "cpu": cpu}}


def private_places(folders: Mapping[Path, str]) -> dict[str, str]:
    """What stands for folders of the person's, longest first: `without` takes the first that fits."""
    written = {text: name for folder, name in folders.items() for text in (str(folder), folder.as_posix())}
    return dict(sorted(written.items(), key=lambda item: -len(item[0])))


def without(private: Mapping[str, str], text: str) -> str:
    """With what stands for the `private` texts in it."""
    for hidden, name in private.items():
        text = text.replace(hidden, name)
    return text


def _in_words(value: Any, told: Told) -> Any:
    if isinstance(value, (str, Message)):
        return told(value)
    if isinstance(value, dict):
        return {key: _in_words(inner, told) for key, inner in value.items()}
    return [_in_words(inner, told) for inner in value] if isinstance(value, (list, tuple)) else value
