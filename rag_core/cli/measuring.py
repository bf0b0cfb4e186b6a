"""`alcove bench` and `alcove eval`."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict
from pathlib import Path

from rag_core.bench.compare import report, tables
from rag_core.bench.compare.comparing import Bench, Comparison, compare
from rag_core.bench.compare.kept import KeptRuns, key_of
from rag_core.bench.compare.machine import this_machine
from rag_core.bench.compare.providers import notes_of, providers_of
from rag_core.bench.compare.records import Work
from rag_core.bench.energy import find_meters
from rag_core.bench.speed import run_bench
from rag_core.cli import DONE
from rag_core.cli.opening import data_dir_of, open_engine, settings_of
from rag_core.cli.output import Output
from rag_core.cli.words import in_words, number
from rag_core.engine.models import Models
from rag_core.errors import UserError
from rag_core.evaluate.questions import load_questions
from rag_core.evaluate.run import evaluate as run_evaluation
from rag_core.messages import Message, say
from rag_core.paths import replace_file
from rag_core.runtime.devices import list_devices

_REST_S, _QUICK_REST_S = 10.0, 3.0
_KEPT = "comparison.json"


def bench(arguments: argparse.Namespace) -> int:
    if arguments.compare:
        return _compare(arguments)
    if arguments.emulated or arguments.questions or arguments.hwinfo or arguments.markdown:
        raise UserError(say("belongs-to-comparison"), say("add-compare"))
    output = Output(arguments.json)
    with tempfile.TemporaryDirectory(prefix="alcove-bench-") as scratch:
        figures = output.run(run_bench(data_dir_of(arguments), Path(scratch), settings_of(arguments), arguments.quick))
    output.document({"version": 1, **asdict(figures)})
    output.table(
        [say("column-figure"), say("column-value"), say("column-unit")],
        [[figure.name, number(figure.value, ",.1f"), figure.unit] for figure in figures.figures],
    )
    for stage, provider in figures.providers.items():
        output.text(f"{stage}: {provider}")
    return DONE


def _compare(arguments: argparse.Namespace) -> int:
    output = Output(arguments.json)
    inventory = list_devices()
    providers = providers_of(inventory, arguments.emulated)
    emulated = any(provider.emulated for provider in providers)
    work = Work.chosen(quick=arguments.quick, emulated=emulated, questions=arguments.questions)
    with _bench(arguments, notes_of(inventory, arguments.emulated)) as prepared:
        key = key_of(work, prepared.machine, prepared.settings, prepared.data_dir.packs)
        kept = KeptRuns(prepared.data_dir.root / _KEPT, key)
        if done := [provider.title for provider in providers if provider.id in kept.runs]:
            output.notice(say("measured-before", what=", ".join(done)))
        comparison = output.run(compare(prepared, work, providers, kept))
        folders = {prepared.scratch: "(scratch)", prepared.data_dir.root: "(data folder)", Path.home(): "~"}
    private = report.private_places(folders)

    def told(said: Message | str) -> str:
        return report.without(private, in_words(said))

    if arguments.markdown is not None:
        _write(arguments.markdown, tables.markdown_of(comparison, told))
    output.document(report.json_of(comparison, told))
    _show(output, comparison, tables.Notes(told))
    return DONE


@contextmanager
def _bench(arguments: argparse.Namespace, device_notes: Sequence[Message]) -> Iterator[Bench]:
    """With its meters and its models open, and a folder that goes with them."""
    data_dir, settings = data_dir_of(arguments), settings_of(arguments)
    with ExitStack() as opened:
        scratch = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="alcove-bench-")))
        models = Models(data_dir, settings.with_overrides(execution_provider="cpu"))
        opened.callback(models.close)
        meters, notes = find_meters()
        for meter in meters:
            opened.enter_context(closing(meter))
        yield Bench(
            data_dir=data_dir,
            scratch=scratch,
            settings=settings,
            models=models,
            machine=this_machine(),
            meters=meters,
            meter_notes=notes,
            device_notes=device_notes,
            hwinfo=arguments.hwinfo,
            rest_s=_QUICK_REST_S if arguments.quick and arguments.hwinfo is None else _REST_S,  # a log has few lines
        )


def _show(output: Output, comparison: Comparison, notes: tables.Notes) -> None:
    columns, rows = tables.columns_of(comparison), tables.rows_of(comparison, notes)
    facts = tables.fact_rows_of(comparison, notes)
    output.table(columns, rows)
    output.table(columns[: len(columns) - len(tables.PAPER_COLUMNS)], facts)
    for line in tables.text_notes(comparison, notes):
        output.text(line)


def _write(path: Path, text: str) -> None:
    try:
        replace_file(path, text.encode())
    except OSError as error:
        unwritable = say("file-unwritable", path=str(path), reason=error.strerror or str(error))
        raise UserError(unwritable, say("name-file-in-folder")) from error


def evaluate(arguments: argparse.Namespace) -> int:
    output = Output(arguments.json)
    questions = load_questions(arguments.questions)
    with open_engine(arguments, read_only=True) as engine:
        threshold = engine.settings.relevance_threshold
        work = run_evaluation(engine, questions, relevance_threshold=threshold, answers=not arguments.search_only)
        found = output.run(work)
    output.document({"version": 1, **found.as_dict()})
    output.table([say("column-measure"), say("column-value"), say("column-meaning")], found.rows(number))
    return DONE
