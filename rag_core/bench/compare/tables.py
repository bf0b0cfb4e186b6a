"""The comparison as tables of text, for a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag_core.bench.compare import paper
from rag_core.bench.compare.cells import Cell, document_line, table_of
from rag_core.bench.compare.comparing import Comparison
from rag_core.bench.compare.records import ProviderRun, StageFacts
from rag_core.bench.compare.report import without
from rag_core.stages import STAGES

EMULATED = "†"
EMULATED_NOTE = f"{EMULATED} The NPU is emulated on the processor: right results, but meaningless for speed and energy."
BUSY_PERCENT = 10.0  # a laptop that nobody uses takes less
PAPER_COLUMNS = ("paper: NPU", "paper: CPU")


class Notes:
    """Numbered remarks below a table; one that is said again keeps its number."""

    def __init__(self, private: Mapping[str, str]) -> None:
        self._private = private
        self.texts: list[str] = []

    def mark(self, text: str) -> str:
        """The mark for a cell; nothing for nothing."""
        if not text:
            return ""
        cleaned = self.cleaned(text)
        if cleaned not in self.texts:
            self.texts.append(cleaned)
        return f" [{self.texts.index(cleaned) + 1}]"

    def cleaned(self, text: str) -> str:
        return str(without(self._private, text))

    def lines(self) -> list[str]:
        return [f"[{number}] {text}" for number, text in enumerate(self.texts, start=1)]


def columns_of(comparison: Comparison) -> list[str]:
    return ["", "unit", *(run.provider.title for run in comparison.runs), *PAPER_COLUMNS]


def rows_of(comparison: Comparison, notes: Notes) -> list[list[str]]:
    """The table's text, a list for each row."""
    return [
        [
            row.label + notes.mark(row.note),
            row.unit,
            *(_shown(cell, notes) for cell in row.cells),
            *("–" if value is None else f"{value:,.6g}" for value in row.paper),  # as they are printed there
        ]
        for row in table_of(comparison)
    ]


def fact_rows_of(comparison: Comparison, notes: Notes) -> list[list[str]]:
    """What ran where: model, precision, placement, load time; and the memory of each process."""
    runs = comparison.runs
    rows = [["Device", "", *(run.provider.device + notes.mark(run.failure) for run in runs)]]
    for stage in STAGES:
        if any(stage.name in run.stages for run in runs):
            facts = [run.stages.get(stage.name) for run in runs]
            rows.append([f"Model for {stage.word}", "", *(_model(fact) for fact in facts)])
            rows.append([f"Opening it for {stage.word}", "s", *(_opening(run, stage.name) for run in runs)])
    peaks = [run.figures.get("peak_memory_mib") for run in runs]
    rows.append(["Peak memory of the process", "MiB", *("–" if peak is None else _number(peak) for peak in peaks)])
    return rows


def _opening(run: ProviderRun, stage: str) -> str:
    facts = run.stages.get(stage)
    return "–" if facts is None else _marked(facts.load_s, run.provider.emulated)


def _model(facts: StageFacts | None) -> str:
    if facts is None:
        return "–"
    placed = "; ".join(f"{count:,} nodes on {provider}" for provider, count in facts.placement.items())
    return ", ".join(part for part in (facts.model, facts.precision, placed or facts.provider) if part)


def markdown_of(comparison: Comparison, private: Mapping[str, str]) -> str:
    """To be pasted beside the paper's table."""
    notes = Notes(private)
    machine, work = comparison.machine, comparison.work
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    figures = _markdown_table(columns_of(comparison), rows_of(comparison, notes))
    facts = _markdown_table(
        ["", "unit", *(run.provider.title for run in comparison.runs)], fact_rows_of(comparison, notes)
    )
    lines = [
        f"# Alcove {machine.alcove} on {machine.processor}",
        "",
        f"{machine.cores} cores, {machine.memory_gib:.0f} GiB, {machine.system} ({machine.architecture}), Python "
        f"{machine.python}, {versions}; {machine.date}.",
        "",
        f"The same work for each: {document_line(comparison.reading)}; {work.questions} questions, answers of up to "
        f"{work.max_new_tokens} tokens from up to {work.evidence_tokens} tokens of {work.top_k} passages. Energy is "
        "less what the machine takes at rest.",
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
    before = [f"Measured before a stop, the same day: {', '.join(comparison.again)}."] if comparison.again else []
    told = [f"The paper's: {paper.CITED}", *([EMULATED_NOTE] if emulated else []), *before]
    if comparison.busy_percent > BUSY_PERCENT:
        told.append(
            f"Other programs took {comparison.busy_percent:.0f} % of the processor when this began: the figures are "
            "worse than the machine's own."
        )
    found = [*told, *(notes.cleaned(note) for note in comparison.device_notes), *notes.lines()]
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
