"""Rows of tables as text that says which column a value belongs to: "Name: Yamada | Days: 12"."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence

from rag_core.ingest.formats.flow import one_line

_NUMBER = re.compile(r"^[\s$€£¥%+\-(]*\d[\d.,'\s]*[)%\s]*(?:[A-Za-z€£¥$%]{1,4})?$")
_DATE = re.compile(r"^\d{1,4}[-./年]\d{1,2}[-./月]\d{1,4}日?")
_MAX_HEADER_CHARS = 80
_MAX_NUMBER_DIGITS = 15  # what a spreadsheet's numbers hold

Cell = object
Row = Sequence[Cell]


def cell_text(value: Cell) -> str:
    """A value as a person sees it: 12 for 12.0, 2026-11-21 for midnight of that day."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds" if value.second else "minutes")
    if isinstance(value, dt.time):
        return value.isoformat("seconds" if value.second else "minutes")
    if isinstance(value, dt.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    return one_line(str(value))


def _number_text(value: float) -> str:
    if value.is_integer() and abs(value) < 10**_MAX_NUMBER_DIGITS:
        return str(int(value))
    text = f"{value:.{_MAX_NUMBER_DIGITS}g}"
    if "e" in text and 1e-6 < abs(value) < 1e15:
        return f"{value:.15f}".rstrip("0")
    return text


def joined(cells: Iterable[str]) -> str:
    """Cells side by side; empty ones keep their place between others."""
    row = list(cells)
    while row and not row[-1]:
        row.pop()
    return " | ".join(row)


def header_of(rows: Sequence[Sequence[str]], always: bool = False) -> Sequence[str] | None:
    """The first row if it names the columns of the rows below, else None. `always`: only impossible names refuse it."""
    if len(rows) < 2:
        return None
    first = rows[0]
    names = [name for name in first if name]
    if not names or len(set(names)) < len(names) or any(len(name) > _MAX_HEADER_CHARS for name in names):
        return None
    if any(_is_value(name) or name.endswith((":", "：")) for name in names):
        return None
    if always:
        return first
    if len(names) < 2 or len(names) < max(sum(map(bool, row)) for row in rows[1:6]):
        return None
    return None if _is_form(rows) else first


def named(header: Sequence[str], cells: Sequence[str]) -> str:
    """One row with the names of its columns; empty cells are left out."""
    pairs = []
    for index, cell in enumerate(cells):
        if cell:
            name = header[index] if index < len(header) else ""
            pairs.append(f"{name}: {cell}" if name else cell)
    return " | ".join(pairs)


def _is_value(text: str) -> bool:
    return bool(_NUMBER.match(text) or _DATE.match(text))


def _is_form(rows: Sequence[Sequence[str]]) -> bool:
    """Names on the left, values of mixed kinds on the right: a form, whose first row names nothing."""
    below = [row[1] for row in rows[1:] if len(row) > 1 and row[1]]
    two_columns = all(not any(row[2:]) for row in rows)
    kinds = {_is_value(cell) for cell in below}
    return two_columns and len(kinds) == 2
