"""The cells of table rows, found again in the text of a page, so that a sheet can be shown as a table.

Rows are stored as people and models read them: "Name: Yamada | Days: 12", below a row that names the columns where
there is one ("Name | Days"). Empty cells are left out there, which is why the text alone shows no columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag_core.types import Block, Page

_BETWEEN = " | "
_AFTER_NAME = ": "
_MAX_NAME_CHARS = 80
_GUESSING_ROWS = 50


@dataclass(frozen=True, slots=True)
class CellSpan:
    """A cell: `page.text[start:end]` holds it with the name of its column, `[value_start:value_end]` its value alone.

    `place` is the column, from 0; `column` its name, "" where it has none. `is_header`: the value names a column.
    """

    start: int
    end: int
    place: int
    column: str
    value_start: int
    value_end: int
    is_header: bool = False


def rows_of(page: Page) -> tuple[tuple[CellSpan, ...], ...]:
    """One entry per block of the kind "table_row", in order: `rows[i][0].start` is its block's start.

    A new header row begins a new table, with places of its own.
    """
    blocks = [block for block in page.blocks if block.kind == "table_row"]
    pieces = [_pieces(page.text, block) for block in blocks]
    names: list[str] = []
    rows: list[tuple[CellSpan, ...]] = []
    for index, row in enumerate(pieces):
        texts = [page.text[start:end] for start, end in row]
        following = pieces[index + 1] if index + 1 < len(pieces) else []
        if _names_next(texts, [page.text[start:end] for start, end in following], names):
            names = texts
            rows.append(_header(row, texts))
            continue
        if not names and index == 0:  # a part of a long sheet: the row that names its columns is on an earlier page
            names = _guessed_names([[page.text[start:end] for start, end in row] for row in pieces[:_GUESSING_ROWS]])
        rows.append(_cells(page.text, row, names))
    return tuple(rows)


def _pieces(text: str, block: Block) -> list[tuple[int, int]]:
    found = []
    start = block.start
    while text.startswith(_BETWEEN.lstrip(), start, block.end):  # empty cells before the first that is not
        found.append((start, start))
        start += len(_BETWEEN.lstrip())
    while (cut := text.find(_BETWEEN, start, block.end)) != -1:
        found.append((start, cut))
        start = cut + len(_BETWEEN)
    return [*found, (start, block.end)]


def _names_next(texts: Sequence[str], following: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a row names the columns of the next: the pieces there begin with what stands here."""
    if any(_name_of(text, names) for text in texts):
        return False
    return any(_name_of(text, texts) for text in following)


def _name_of(text: str, names: Sequence[str]) -> str:
    """The longest of the names that the text begins with, as "name: value"; else ""."""
    fitting = [name for name in names if name and text.startswith(name + _AFTER_NAME)]
    return max(fitting, key=len, default="")


def _header(row: Sequence[tuple[int, int]], texts: Sequence[str]) -> tuple[CellSpan, ...]:
    return tuple(
        CellSpan(start, end, place, text, start, end, is_header=True)
        for place, ((start, end), text) in enumerate(zip(row, texts, strict=True))
    )


def _cells(text: str, row: Sequence[tuple[int, int]], names: Sequence[str]) -> tuple[CellSpan, ...]:
    cells = []
    place = 0  # the first column that is still free in this row
    for start, end in row:
        name = _name_of(text[start:end], names[place:])
        if name:
            place = names.index(name, place)
        value_start = start + len(name) + len(_AFTER_NAME) if name else start
        cells.append(CellSpan(start, end, place, name, value_start, end))
        place += 1
    return tuple(cells)


def _guessed_names(rows: Sequence[Sequence[str]]) -> list[str]:
    """Names that lead values in more than one row, in the order in which rows have them."""
    seen: dict[str, int] = {}
    order: list[str] = []
    for row in rows:
        at = 0
        for piece in row:
            name, found, _ = piece.partition(_AFTER_NAME)
            if not found or not name or len(name) > _MAX_NAME_CHARS:
                continue
            seen[name] = seen.get(name, 0) + 1
            if name not in order:
                order.insert(at, name)
            at = order.index(name) + 1
    return [name for name in order if seen[name] > 1]
