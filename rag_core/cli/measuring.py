"""`alcove bench` and `alcove eval`."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import asdict
from pathlib import Path

from rag_core.cli import DONE
from rag_core.cli.opening import data_dir_of, open_engine, settings_of
from rag_core.cli.output import Output
from rag_core.evaluate.bench import run_bench
from rag_core.evaluate.questions import load_questions
from rag_core.evaluate.run import evaluate as run_evaluation


def bench(arguments: argparse.Namespace) -> int:
    output = Output(arguments.json)
    with tempfile.TemporaryDirectory(prefix="alcove-bench-") as scratch:
        report = output.run(run_bench(data_dir_of(arguments), Path(scratch), settings_of(arguments), arguments.quick))
    output.document({"version": 1, **asdict(report)})
    output.table(
        ["figure", "value", "unit"],
        [[figure.name, f"{figure.value:,.1f}", figure.unit] for figure in report.figures],
    )
    for stage, provider in report.providers.items():
        output.text(f"{stage}: {provider}")
    return DONE


def evaluate(arguments: argparse.Namespace) -> int:
    output = Output(arguments.json)
    questions = load_questions(arguments.questions)
    with open_engine(arguments, read_only=True) as engine:
        threshold = engine.settings.relevance_threshold
        work = run_evaluation(engine, questions, relevance_threshold=threshold, answers=not arguments.search_only)
        report = output.run(work)
    output.document({"version": 1, **report.as_dict()})
    output.table(["measure", "value", "meaning"], [list(row) for row in report.rows()])
    return DONE
