"""A sheet can be shown as a table again: every value in the column it came from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from rag_core.ingest.table_cells import CellSpan, rows_of
from rag_core.paths import SAMPLES
from rag_core.types import Page
from tests.ingest.formats.reading_here import parse
from tests.ingest.formats.samples import xlsx
from tests.ingest.reading_here import parse_file


def table(page: Page) -> list[dict[int, str]]:
    """Each row as place -> value."""
    return [{cell.place: page.text[cell.value_start : cell.value_end] for cell in row} for row in rows_of(page)]


def headers(page: Page) -> list[int]:
    return [index for index, row in enumerate(rows_of(page)) if row[0].is_header]


def test_empty_cells_keep_their_column(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Name", "Days", "From"], ["Yamada", None, "May"], ["Sato", 3], [None, None, "June"]]
    page = parse(tmp_path, "a.xlsx", xlsx({"Leave": rows})).pages[0]
    assert table(page) == [
        {0: "Name", 1: "Days", 2: "From"},
        {0: "Yamada", 2: "May"},
        {0: "Sato", 1: "3"},
        {2: "June"},
    ]
    assert headers(page) == [0]
    cell = rows_of(page)[1][1]
    assert (cell.column, page.text[cell.start : cell.end]) == ("From", "From: May")


def test_rows_match_their_blocks(tmp_path: Path) -> None:
    page = parse(tmp_path, "a.csv", "name,days\nYamada,12\nSato,8\n").pages[0]
    assert [(row[0].start, row[-1].end) for row in rows_of(page)] == [(block.start, block.end) for block in page.blocks]
    assert table(page) == [{0: "name", 1: "days"}, {0: "Yamada", 1: "12"}, {0: "Sato", 1: "8"}]


def test_a_value_may_hold_what_parts_names_from_values(tmp_path: Path) -> None:
    page = parse(tmp_path, "a.csv", "Time,Fee: net\n9:30,12: 50\n10:00,x\n").pages[0]
    assert table(page)[1:] == [{0: "9:30", 1: "12: 50"}, {0: "10:00", 1: "x"}]


def test_tables_below_each_other_have_names_of_their_own(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Name", "Days"], ["Yamada", 12], ["Sato", 3], [],
        ["Room", "Floor", "Seats"], ["Abbey", "Ground", 8], ["Quay", "First", 4],
    ]  # fmt: skip
    page = parse(tmp_path, "a.xlsx", xlsx({"Both": rows})).pages[0]
    assert headers(page) == [0, 3]
    assert [cell.column for cell in rows_of(page)[4]] == ["Room", "Floor", "Seats"]


def test_a_table_without_names_goes_by_place(tmp_path: Path) -> None:
    page = parse(tmp_path, "a.csv", "1,,2\n3,4,5\n,6,7\n").pages[0]
    assert table(page) == [{0: "1", 1: "", 2: "2"}, {0: "3", 1: "4", 2: "5"}, {0: "", 1: "6", 2: "7"}]
    assert headers(page) == []


def test_a_later_part_of_a_long_sheet_finds_its_names_again(tmp_path: Path) -> None:
    lines = "".join(f"person {number},{'' if number % 2 else number},{'x' * 40}\n" for number in range(2000))
    pages = parse(tmp_path, "a.csv", "name,days,remark\n" + lines).pages
    assert len(pages) > 1
    row = rows_of(pages[1])[1]
    assert not row[0].is_header
    for page in pages[1:]:
        for row in rows_of(page):
            assert {cell.column: cell.place for cell in row}.items() <= {"name": 0, "days": 1, "remark": 2}.items()


def test_pages_without_tables_have_no_rows() -> None:
    assert rows_of(Page(1, "Just text.")) == ()


@pytest.mark.parametrize(("number", "columns"), [(0, 8), (1, 5), (2, 8)])
def test_the_sample_workbook_comes_back_whole(number: int, columns: int) -> None:
    page = parse_file(SAMPLES / "rooms-fees-leave.xlsx").pages[number]
    header, *rows = rows_of(page)
    assert len(header) == columns
    names = [page.text[cell.start : cell.end] for cell in header]
    assert all(_complete(page, row, names) for row in rows)


def _complete(page: Page, row: Sequence[CellSpan], names: list[str]) -> bool:
    return [cell.column for cell in row] == names and all(
        page.text[cell.start : cell.value_start] == f"{cell.column}: " for cell in row
    )
