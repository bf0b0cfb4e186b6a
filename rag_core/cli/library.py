"""`alcove add`, `list` and `remove`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict

from rag_core.cli import DONE, PARTLY
from rag_core.cli.opening import open_engine
from rag_core.cli.output import Cell, Output
from rag_core.cli.words import in_words, number
from rag_core.messages import Message, say
from rag_core.types import AddReport, Document, FileProblem

# Beyond this many lines a list of files is cut on screen; `list` and `--json` have all of them.
_SHOWN_PROBLEMS = 20

_STATES = {
    "searchable": say("state-searchable"),
    "keyword_searchable": say("state-keyword-searchable"),
    "failed": say("state-failed"),
}


def add(arguments: argparse.Namespace) -> int:
    output = Output(arguments.json)
    with open_engine(arguments) as engine:
        report = output.run(
            engine.add(
                arguments.paths,
                retry=arguments.retry,
                embed=not arguments.keyword_only,
                rebuild=arguments.rebuild,
            )
        )
    output.document({"version": 1, **asdict(report)})
    output.text(summary(report))
    show_problems(output, say("files-unreadable"), report.failed)
    show_problems(output, say("files-passed-over"), report.skipped)
    show_problems(output, say("please-note"), report.warnings)
    return PARTLY if report.failed else DONE


def summary(report: AddReport) -> Message:
    counts = [
        say("files-added", count=report.added),
        say("files-changed", count=report.changed),
        say("files-removed", count=report.removed),
        say("files-unchanged", count=report.unchanged),
        say("of-these-unreadable", count=len(report.failed)),
    ]
    done = ", ".join(in_words(counted) for counted in counts if counted["count"]) or say("nothing-to-do")
    return say("adding-done", done=done, seconds=report.elapsed_ms / 1000)


def show_problems(output: Output, title: Message, problems: Sequence[FileProblem]) -> None:
    if not problems:
        return
    output.text(f"\n{in_words(title)}:")
    for problem in problems[:_SHOWN_PROBLEMS]:
        output.text(f"  {problem.path}\n    {in_words(problem.reason)}")
    if len(problems) > _SHOWN_PROBLEMS:
        output.text(say("and-more", count=len(problems) - _SHOWN_PROBLEMS))


def list_documents(arguments: argparse.Namespace) -> int:
    output = Output(arguments.json)
    with open_engine(arguments, read_only=True) as engine:
        documents = engine.documents()
    output.document({"version": 1, "documents": [asdict(document) for document in documents]})
    if not documents:
        output.text(say("library-empty"))
        return DONE
    columns = [
        say("column-document"),
        say("column-state"),
        say("column-pages"),
        say("column-passages"),
        say("column-size"),
    ]
    output.table(columns, [_row(document) for document in documents])
    show_problems(
        output,
        say("files-unreadable"),
        [FileProblem(document.path, document.reason) for document in documents if document.state == "failed"],
    )
    return DONE


def _row(document: Document) -> list[Cell]:
    return [
        document.path,
        _STATES[document.state],
        str(document.pages),
        str(document.chunks),
        f"{number(document.size_bytes / 1024, ',.0f')} kB",
    ]


def remove(arguments: argparse.Namespace) -> int:
    output = Output(arguments.json)
    with open_engine(arguments) as engine:
        removed = engine.remove(arguments.paths)
    output.document({"version": 1, "removed": removed})
    output.text(say("removed-from-library", count=len(removed)))
    return DONE
