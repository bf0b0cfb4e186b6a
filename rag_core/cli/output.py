"""What the command line prints: text and streams on stdout, progress and notices on stderr, or one JSON document."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

from rag_core.cli.words import in_words
from rag_core.messages import Message, say
from rag_core.progress import Progress, Result, run_to_end

Cell = Message | str

_FIRST_LINE_S, _NEXT_LINE_S = 1.0, 5.0

_STAGES = {
    "scan": say("step-scan"),
    "compare": say("step-compare"),
    "read": say("step-read"),
    "embed": say("step-embed"),
    "compile": say("step-compile"),
    "measure": say("step-measure"),
    "evaluate": say("step-evaluate"),
}
_UNITS = {
    "files": say("unit-files"),
    "passages": say("unit-passages"),
    "graphs": say("unit-graphs"),
    "steps": say("unit-steps"),
    "packs": say("unit-packs"),
    "questions": say("unit-questions"),
    "answers": say("unit-answers"),
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

    def text(self, text: Message | str = "", end: str = "\n") -> None:
        if not self.as_json:
            sys.stdout.write(in_words(text) + end)
            sys.stdout.flush()

    def document(self, document: Any) -> None:
        if self.as_json:
            json.dump(document, sys.stdout, ensure_ascii=False, indent=2, default=in_words)
            sys.stdout.write("\n")

    def notice(self, text: Message | str) -> None:
        sys.stderr.write(in_words(text) + "\n")
        sys.stderr.flush()

    def run(self, work: Generator[object, None, Result]) -> Result:
        """Drive long work to its end, its `Progress` as bars, or as a line now and then where there is no terminal."""
        if self.as_json:
            return run_to_end(work)
        return _with_bars(work) if sys.stderr.isatty() else _driven(work, _lines(self.notice))

    def table(self, columns: Sequence[Cell], rows: Iterable[Sequence[Cell]], title: Cell = "") -> None:
        """A table on stdout; numbers are aligned to the right."""
        if self.as_json:
            return
        from rich import box
        from rich.console import Console
        from rich.table import Table

        table = Table(title=in_words(title) or None, box=box.SIMPLE_HEAD, title_justify="left")
        cells = [[in_words(cell) for cell in row] for row in rows]
        for index, column in enumerate(columns):
            numeric = bool(cells) and all(_is_figure(row[index]) for row in cells)
            table.add_column(in_words(column), justify="right" if numeric else "left", overflow="fold")
        for row in cells:
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
        tasks: dict[object, Any] = {}

        def show(step: Progress) -> None:
            key = (step.stage, step.unit)
            done, total, unit = _counted(step)
            if key not in tasks:
                tasks[key] = bars.add_task(_name(step), total=step.total, unit=unit, detail="")
            detail = in_words(step.detail)
            bars.update(
                tasks[key], completed=done, total=total, detail=detail if len(detail) <= 40 else f"…{detail[-39:]}"
            )

        return _driven(work, show)


def _lines(tell: Callable[[str], None]) -> Callable[[Progress], None]:
    """What is done in a moment needs no line."""
    due = time.monotonic() + _FIRST_LINE_S

    def show(step: Progress) -> None:
        nonlocal due
        if (now := time.monotonic()) >= due:
            due = now + _NEXT_LINE_S
            done, total, unit = _counted(step)
            if total is None:
                tell(in_words(say("step-so-far", step=_name(step), done=done, unit=unit)))
            else:
                tell(in_words(say("step-of-total", step=_name(step), done=done, total=total, unit=unit)))

    return show


def _name(step: Progress) -> str:
    return in_words(_STAGES.get(step.stage, step.stage) if isinstance(step.stage, str) else step.stage)


def _counted(step: Progress) -> tuple[int, int | None, str]:
    """How much is done, of how much, and of what: bytes as megabytes, rounded up."""
    if step.unit == "bytes":
        return -(-step.done // 10**6), None if step.total is None else -(-step.total // 10**6), "MB"
    unit = _UNITS.get(step.unit, step.unit) if isinstance(step.unit, str) else step.unit
    return step.done, step.total, in_words(unit)


def _is_figure(cell: str) -> bool:
    return cell[:1].isdigit() or cell in ("", "–")
