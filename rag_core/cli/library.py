"""`alcove add`, `list` and `remove`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict

from rag_core.cli import DONE, PARTLY
from rag_core.cli.opening import open_engine
from rag_core.cli.output import Output
from rag_core.types import AddReport, Document, FileProblem

# Beyond this many lines a list of files is cut on screen; `list` and `--json` have all of them.
_SHOWN_PROBLEMS = 20

_STATES = {"searchable": "searchable", "keyword_searchable": "by words only", "failed": "failed"}


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
    show_problems(output, "Could not be read", report.failed)
    show_problems(output, "Passed over", report.skipped)
    show_problems(output, "Please note", report.warnings)
    return PARTLY if report.failed else DONE


def summary(report: AddReport) -> str:
    counts = [
        (report.added, "added"),
        (report.changed, "changed"),
        (report.removed, "removed"),
        (report.unchanged, "unchanged"),
        (len(report.failed), "of these could not be read"),
    ]
    said = ", ".join(f"{count} {word}" for count, word in counts if count) or "nothing to do"
    return f"{said} ({report.elapsed_ms / 1000:.1f} s)"


def show_problems(output: Output, title: str, problems: Sequence[FileProblem]) -> None:
    if not problems:
        return
    output.text(f"\n{title}:")
    for problem in problems[:_SHOWN_PROBLEMS]:
        output.text(f"  {problem.path}\n    {problem.reason}")
    if len(problems) > _SHOWN_PROBLEMS:
        output.text(f"  … and {len(problems) - _SHOWN_PROBLEMS} more")


def list_documents(arguments: argparse.Namespace) -> int:
    output = Output(arguments.json)
    with open_engine(arguments, read_only=True) as engine:
        documents = engine.documents()
    output.document({"version": 1, "documents": [asdict(document) for document in documents]})
    if not documents:
        output.text("This library is empty. Add a folder: alcove add FOLDER")
        return DONE
    output.table(["document", "state", "pages", "passages", "size"], [_row(document) for document in documents])
    show_problems(
        output,
        "Could not be read",
        [FileProblem(document.path, document.reason) for document in documents if document.state == "failed"],
    )
    return DONE


def _row(document: Document) -> list[str]:
    return [
        document.path,
        _STATES[document.state],
        str(document.pages),
        str(document.chunks),
        f"{document.size_bytes / 1024:,.0f} kB",
    ]


def remove(arguments: argparse.Namespace) -> int:
    output = Output(arguments.json)
    with open_engine(arguments) as engine:
        removed = engine.remove(arguments.paths)
    output.document({"version": 1, "removed": removed})
    output.text(f"{len(removed)} removed from the library. The files themselves are untouched.")
    return DONE
