"""From runs to the table: the paper's rows, a column for each provider, and why a cell is empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag_core.bench.compare import paper
from rag_core.bench.compare.agreement import agreement
from rag_core.bench.compare.comparing import Comparison
from rag_core.bench.compare.records import ProviderRun, Reading
from rag_core.bench.energy import Energy
from rag_core.messages import NOTHING, Message, joined, say

NOT_MEASURED = say("nothing-measured")
REFERENCE = say("is-reference")
_NO_METER = say("no-energy-meter")
_TOO_LITTLE = say("too-little-energy")


@dataclass(frozen=True, slots=True)
class Cell:
    """`value`, or the `reason` why there is none. An `emulated` value says nothing about speed or energy."""

    value: float | None
    reason: Message = NOTHING
    emulated: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """`cells` follow the providers. `paper` is on the NPU and on the CPU; `note` concerns the whole row."""

    key: str
    label: Message
    unit: str
    cells: tuple[Cell, ...]
    paper: tuple[float | None, float | None] = (None, None)
    note: Message = NOTHING


_SPEED = (
    ("embed_tokens_per_s", say("row-embedding"), "tokens/s"),
    ("rerank_pairs_per_s", say("row-reranking"), "pairs/s"),
    ("prefill_tokens_per_s", say("row-prefill"), "tokens/s"),
    ("first_token_s", say("row-first-token"), "s"),
    ("decode_tokens_per_s", say("row-decode"), "tokens/s"),
    ("index_s", say("row-indexing-these"), "s"),
    ("index_s_per_mb", say("row-indexing"), "s/MB"),
    ("index_chunks_per_s", say("row-indexing"), "passages/s"),
    ("query_mean_s", say("row-query-mean"), "s"),
    ("query_p95_s", say("row-query-p95"), "s"),
)
_AGREEMENT = (
    ("equal_tokens", say("row-equal-tokens"), "share", say("note-equal-tokens")),
    ("equal_answers", say("row-equal-answers"), "share", NOTHING),
    ("equal_sources", say("row-equal-sources"), "share", say("note-equal-sources")),
    ("same_prompts", say("row-same-prompts"), "share", say("note-same-prompts")),
    ("cosine_mean", say("row-cosine-mean"), "", NOTHING),
    ("cosine_worst", say("row-cosine-worst"), "", NOTHING),
    ("top10_overlap", say("row-overlap"), "share", NOTHING),
)


def table_of(comparison: Comparison) -> list[Row]:
    return [*_speed_rows(comparison.runs), *_energy_rows(comparison), *_agreement_rows(comparison.runs)]


def _speed_rows(runs: Sequence[ProviderRun]) -> Iterator[Row]:
    for key, label, unit in _SPEED:
        cells = tuple(_cell(run, run.figures.get(key), run.absent.get(key, NOTHING)) for run in runs)
        yield Row(key, label, unit, cells, paper.FIGURES.get(key, (None, None)), paper.NOTES.get(key, NOTHING))


def _cell(run: ProviderRun, value: float | None, reason: Message) -> Cell:
    if value is None:
        return Cell(None, reason or run.failure or NOT_MEASURED)
    return Cell(value, emulated=run.provider.emulated)


# --- Energy -----------------------------------------------------------------------------------------------------------


def _energy_rows(comparison: Comparison) -> Iterator[Row]:
    """A row for each meter: what they cover differs, so they are never added up."""
    megabytes = comparison.reading.bytes / 1e6

    def per_query(run: ProviderRun, meter: str) -> Cell:
        return _energy_cell(run, "query", [_of(run.energies.get("query", ()), meter)], len(run.said), comparison)

    def per_megabyte(run: ProviderRun, meter: str) -> Cell:
        energies = [_of(comparison.reading.energies, meter), _of(run.energies.get("index", ()), meter)]
        return _energy_cell(run, "index", energies, megabytes, comparison)

    yield from _by_meter("query_j", say("row-energy-query"), "J", comparison, "query", per_query)
    yield from _by_meter("index_j_per_mb", say("row-energy-index"), "J/MB", comparison, "index", per_megabyte)


def _by_meter(
    key: str, label: Message, unit: str, comparison: Comparison, work: str, cell: Callable[[ProviderRun, str], Cell]
) -> Iterator[Row]:
    covers = {e.meter_name: e.covers for run in comparison.runs for e in run.energies.get(work, ())}
    for number, (meter, what) in enumerate((covers or {"": ""}).items()):
        cells = tuple(cell(run, meter) for run in comparison.runs)
        note = say("note-meter", meter=meter, what=what) if meter else NOTHING
        beside = paper.FIGURES.get(key, (None, None)) if number == 0 else (None, None)
        yield Row(
            f"{key}:{meter}" if meter else key,
            say("of-this", name=label, what=what) if what else label,
            unit,
            cells,
            beside,
            note,
        )


def _energy_cell(
    run: ProviderRun, work: str, energies: Sequence[Energy | None], amount: float, comparison: Comparison
) -> Cell:
    net = [energy.net_joules for energy in energies if energy is not None]
    known = [joules for joules in net if joules is not None]
    if len(known) < len(energies):
        notes = [*run.energy_notes.get(work, ()), *comparison.meter_notes]
        missing = run.absent.get("query_mean_s" if work == "query" else "index_s", NOTHING) or run.failure
        return Cell(None, missing or joined(notes) or _NO_METER)
    if sum(known) <= 0:
        return Cell(None, _TOO_LITTLE)
    return Cell(sum(known) / amount, emulated=run.provider.emulated)


def _of(energies: Sequence[Energy], meter: str) -> Energy | None:
    return next((energy for energy in energies if energy.meter_name == meter), None)


# --- Agreement --------------------------------------------------------------------------------------------------------


def _agreement_rows(runs: Sequence[ProviderRun]) -> Iterator[Row]:
    """The first run is what the others are compared with; alone it agrees with itself, which nobody asked."""
    if len(runs) < 2:
        return
    compared = [agreement(runs[0], run) for run in runs[1:]]
    for key, label, unit, note in _AGREEMENT:
        values = [found[key] for found in compared]
        cells = [Cell(None, value) if isinstance(value, Message) else Cell(value) for value in values]
        yield Row(key, label, unit, (Cell(None, REFERENCE), *cells), note=note)


def document_line(reading: Reading) -> Message:
    return say(
        "documents-read",
        size=reading.bytes / 1e6,
        passages=reading.chunks,
        tokens=reading.tokens,
        seconds=reading.seconds,
    )
