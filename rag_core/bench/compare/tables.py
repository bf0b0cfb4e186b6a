"""The comparison as tables of text, for a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from rag_core.bench.compare import paper
from rag_core.bench.compare.cells import Cell, document_line, table_of
from rag_core.bench.compare.comparing import Comparison
from rag_core.bench.compare.records import ProviderRun, StageFacts
from rag_core.bench.compare.report import Told
from rag_core.messages import NOTHING, Message, say
from rag_core.stages import STAGES

EMULATED = "†"
EMULATED_NOTE = say("note-emulated", mark=EMULATED)
BUSY_PERCENT = 10.0  # a laptop that nobody uses takes less
PAPER_COLUMNS = tuple(say("column-paper", device=device) for device in ("NPU", "CPU"))


class Notes:
    """Numbered remarks below a table; one that is said again keeps its number."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.texts: list[str] = []

    def mark(self, said: Message) -> str:
        """The mark for a cell; nothing for nothing."""
        if not said:
            return ""
        text = self.told(said)
        if text not in self.texts:
            self.texts.append(text)
        return f" [{self.texts.index(text) + 1}]"

    def lines(self) -> list[str]:
        return [f"[{number}] {text}" for number, text in enumerate(self.texts, start=1)]


def columns_of(comparison: Comparison) -> list[Message | str]:
    return ["", say("column-unit"), *(run.provider.title for run in comparison.runs), *PAPER_COLUMNS]


def rows_of(comparison: Comparison, notes: Notes) -> list[list[str]]:
    """The table's text, a list for each row."""
    return [
        [
            notes.told(row.label) + notes.mark(row.note),
            row.unit,
            *(_shown(cell, notes) for cell in row.cells),
            *("–" if value is None else f"{value:,.6g}" for value in row.paper),  # as they are printed there
        ]
        for row in table_of(comparison)
    ]


def fact_rows_of(comparison: Comparison, notes: Notes) -> list[list[str]]:
    """What ran where: model, precision, placement, load time; and the memory of each process."""
    runs = comparison.runs
    told = notes.told
    rows = [[told(say("row-device")), "", *(run.provider.device + notes.mark(run.failure) for run in runs)]]
    for stage in STAGES:
        if any(stage.name in run.stages for run in runs):
            facts = [run.stages.get(stage.name) for run in runs]
            rows.append([told(say("row-model", stage=stage.word)), "", *(_model(fact) for fact in facts)])
            rows.append([told(say("row-opening", stage=stage.word)), "s", *(_opening(run, stage.name) for run in runs)])
    peaks = [run.figures.get("peak_memory_mib") for run in runs]
    rows.append([told(say("row-peak-memory")), "MiB", *("–" if peak is None else _number(peak) for peak in peaks)])
    return rows


def _opening(run: ProviderRun, stage: str) -> str:
    facts = run.stages.get(stage)
    return "–" if facts is None else _marked(facts.load_s, run.provider.emulated)


def _model(facts: StageFacts | None) -> str:
    if facts is None:
        return "–"
    placed = "; ".join(f"{count:,} nodes on {provider}" for provider, count in facts.placement.items())
    return ", ".join(part for part in (facts.model, facts.precision, placed or facts.provider) if part)


def markdown_of(comparison: Comparison, told: Told) -> str:
    """To be pasted beside the paper's table."""
    notes = Notes(told)
    machine, work = comparison.machine, comparison.work
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    columns = [told(column) for column in columns_of(comparison)]
    figures = _markdown_table(columns, rows_of(comparison, notes))
    facts = _markdown_table(columns[: -len(PAPER_COLUMNS)], fact_rows_of(comparison, notes))
    lines = [
        told(say("report-title", version=machine.alcove, processor=machine.processor)),
        "",
        told(
            say(
                "report-machine",
                cores=machine.cores,
                memory=machine.memory_gib,
                system=f"{machine.system} ({machine.architecture}), Python {machine.python}, {versions}",
                date=machine.date,
            )
        ),
        "",
        told(
            say(
                "report-work",
                documents=document_line(comparison.reading),
                questions=work.questions,
                answer=work.max_new_tokens,
                evidence=work.evidence_tokens,
                passages=work.top_k,
            )
        ),
        "",
        *figures,
        "",
        *facts,
        "",
        *text_notes(comparison, notes),
    ]
    return "\n".join(lines) + "\n"


def text_notes(comparison: Comparison, notes: Notes) -> list[str]:
    emulated = any(run.provider.emulated for run in comparison.runs)
    said = [
        say("note-paper", cited=paper.CITED),
        EMULATED_NOTE if emulated else NOTHING,
        say("note-measured-before", what=", ".join(comparison.again)) if comparison.again else NOTHING,
        say("note-busy", percent=comparison.busy_percent) if comparison.busy_percent > BUSY_PERCENT else NOTHING,
        *comparison.device_notes,
    ]
    found = [*(notes.told(note) for note in said if note), *notes.lines()]
    return [line for text in found for line in (text, "")][:-1]


def _markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    aligned = ["---" if number < 2 else "---:" for number in range(len(columns))]
    lines = [columns, aligned, *rows]
    return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines]


def _shown(cell: Cell, notes: Notes) -> str:
    if cell.value is None:
        return f"–{notes.mark(cell.reason)}"
    return _marked(cell.value, cell.emulated)


def _marked(value: float, emulated: bool) -> str:
    return f"{_number(value)}{' ' + EMULATED if emulated else ''}"


def _number(value: float) -> str:
    """Three digits that mean something, at least."""
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1.5 else 3 if size >= 0.1 else 4
    return f"{value:,.{digits}f}"
