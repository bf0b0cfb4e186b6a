"""What the command line prints: text and streams on stdout, progress and notices on stderr, or one JSON document."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Generator
from typing import Any

from rag_core.progress import Progress, Result, run_to_end

_FIRST_LINE_S, _NEXT_LINE_S = 1.0, 5.0

_STAGES = {
    "scan": "Looking at files",
    "compare": "Comparing with what is known",
    "read": "Reading documents",
    "embed": "Making them searchable by meaning",
    "download": "Downloading",
    "convert": "Converting",
    "prove": "Checking",
    "copy": "Copying",
    "compile": "Compiling for the NPU",
    "measure": "Measuring",
    "evaluate": "Asking",
}


class Output:
    """One per command. `as_json` silences everything on stdout but the document."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        for stream in (sys.stdout, sys.stderr):
            # A Windows console in an old code page must not stop the program at the first Japanese character.
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(encoding="utf-8" if not stream.isatty() else stream.encoding, errors="replace")

    def text(self, text: str = "", end: str = "\n") -> None:
        if not self.as_json:
            sys.stdout.write(text + end)
            sys.stdout.flush()

    def document(self, document: Any) -> None:
        if self.as_json:
            json.dump(document, sys.stdout, ensure_ascii=False, indent=2, default=str)
            sys.stdout.write("\n")

    def notice(self, text: str) -> None:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def run(self, work: Generator[object, None, Result]) -> Result:
        """Drive long work to its end, its `Progress` as bars, or as a line now and then where there is no terminal."""
        if self.as_json:
            return run_to_end(work)
        return _with_bars(work) if sys.stderr.isatty() else _driven(work, _lines(self.notice))

    def table(self, columns: list[str], rows: list[list[str]], title: str = "") -> None:
        """A table on stdout; numbers are aligned to the right."""
        if self.as_json:
            return
        from rich import box
        from rich.console import Console
        from rich.table import Table

        table = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left")
        for index, column in enumerate(columns):
            numeric = bool(rows) and all(_is_figure(row[index]) for row in rows)
            table.add_column(column, justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*row)
        width = None if sys.stdout.isatty() else 120
        Console(width=width, highlight=False, markup=False, soft_wrap=False).print(table)


def _driven(work: Generator[object, None, Result], show: Callable[[Progress], None]) -> Result:
    while True:
        try:
            step = next(work)
        except StopIteration as end:
            result: Result = end.value
            return result
        if isinstance(step, Progress):  # what happens to each file is for the window
            show(step)


def _with_bars(work: Generator[object, None, Result]) -> Result:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[detail]}", style="dim"),
    )
    with Bars(*columns, console=Console(stderr=True), transient=False) as bars:
        tasks: dict[str, Any] = {}

        def show(step: Progress) -> None:
            key = f"{step.stage} {step.unit}"
            done, total, unit = _counted(step)
            if key not in tasks:
                tasks[key] = bars.add_task(_name(step), total=step.total, unit=unit, detail="")
            detail = step.detail if len(step.detail) <= 40 else "…" + step.detail[-39:]
            bars.update(tasks[key], completed=done, total=total, detail=detail)

        return _driven(work, show)


def _lines(tell: Callable[[str], None]) -> Callable[[Progress], None]:
    """What is done in a moment needs no line."""
    due = time.monotonic() + _FIRST_LINE_S

    def show(step: Progress) -> None:
        nonlocal due
        if (now := time.monotonic()) >= due:
            due = now + _NEXT_LINE_S
            done, total, unit = _counted(step)
            counted = f"{done} {unit}" if total is None else f"{done} of {total} {unit}"
            tell(f"{_name(step)}: {counted}")

    return show


def _name(step: Progress) -> str:
    return _STAGES.get(step.stage, step.stage)


def _counted(step: Progress) -> tuple[int, int | None, str]:
    """How much is done, of how much, and of what: bytes as megabytes, rounded up."""
    unit, scale = ("MB", 10**6) if step.unit == "bytes" else (step.unit, 1)
    return -(-step.done // scale), None if step.total is None else -(-step.total // scale), unit


def _is_figure(cell: str) -> bool:
    return cell[:1].isdigit() or cell in ("", "–")
