from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from rag_core.ingest.formats.table_rows import cell_text
from tests.ingest.formats.reading_here import blocks, parse, texts
from tests.ingest.formats.samples import xlsx


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.0, "12"), (0.1 + 0.2, "0.3"), (-3.5, "-3.5"), (1e20, "1e+20"), (0.00001, "0.00001"), (True, "TRUE"),
        (None, ""),
        (dt.datetime(2026, 11, 21), "2026-11-21"), (dt.datetime(2026, 11, 21, 9, 5), "2026-11-21 09:05"),
        (dt.date(2026, 1, 2), "2026-01-02"), (dt.time(9, 30), "09:30"), (dt.timedelta(hours=26, minutes=5), "26:05:00"),
        ("two\nlines", "two lines"),
    ],
)  # fmt: skip
def test_values_are_written_as_a_person_sees_them(value: object, text: str) -> None:
    assert cell_text(value) == text


def test_rows_name_their_columns(tmp_path: Path) -> None:
    data = xlsx({"Leave": [["Name", "Days", "From"], ["Yamada", 12, ("date", 46347)], ["Sato", None, None]]})
    page = parse(tmp_path, "a.xlsx", data).pages[0]
    assert page.label == "Leave"
    assert blocks(page) == [
        ("heading", "Leave"),
        ("table_row", "Name | Days | From"),
        ("table_row", "Name: Yamada | Days: 12 | From: 2026-11-21"),
        ("table_row", "Name: Sato"),
    ]


def test_every_sheet_with_content_is_a_page(tmp_path: Path) -> None:
    document = parse(tmp_path, "a.xlsx", xlsx({"One": [["a"]], "Empty": [], "Two": [["b"]]}))
    assert [page.label for page in document.pages] == ["One", "Two"]


def test_titles_above_and_a_table_further_down_have_their_own_names(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Budget 2026"],
        [],
        ["Item", "Euro"],
        ["Paper", 10],
        [],
        ["Room", "Seats", "Floor"],
        ["Blue", 8, 2],
    ]
    assert texts(parse(tmp_path, "a.xlsx", xlsx({"Sheet1": rows}))) == [
        "Budget 2026", "Item | Euro", "Item: Paper | Euro: 10",
        "Room | Seats | Floor", "Room: Blue | Seats: 8 | Floor: 2",
    ]  # fmt: skip


def test_an_empty_row_does_not_end_the_names(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Name", "Town"], ["Yamada", "Kyoto"], [], ["Sato", "Nara"], ["Ito", "Kobe"]]
    assert texts(parse(tmp_path, "a.xlsx", xlsx({"Sheet1": rows})))[-2:] == [
        "Name: Sato | Town: Nara",
        "Name: Ito | Town: Kobe",
    ]


def test_a_form_has_no_header(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Applicant", "Yamada"], ["Days", 12], ["Reason", "Moving house"]]
    assert texts(parse(tmp_path, "a.xlsx", xlsx({"Sheet1": rows}))) == [
        "Applicant | Yamada", "Days | 12", "Reason | Moving house",
    ]  # fmt: skip


def test_tables_side_by_side_are_told_apart(tmp_path: Path) -> None:
    rows: list[list[object]] = [["a", "b"], [1, 2], [3, 4, None, "x", "y"], [5, 6, None, 7, 8]]
    found = texts(parse(tmp_path, "a.xlsx", xlsx({"Sheet1": rows})))
    assert found == ["a | b", "a: 1 | b: 2", "a: 3 | b: 4", "a: 5 | b: 6", "x | y", "x: 7 | y: 8"]


def test_names_hold_through_a_long_table(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Name", "Town"]]
    rows += [[f"n{i}", f"t{i}"] for i in range(900)]
    found = texts(parse(tmp_path, "a.xlsx", xlsx({"Sheet1": rows})))
    assert len(found) == 901
    assert found[-1] == "Name: n899 | Town: t899"


def test_an_empty_workbook_says_so(tmp_path: Path) -> None:
    (warning,) = parse(tmp_path, "a.xlsx", xlsx({"Sheet1": []})).warnings
    assert str(warning) == "There is nothing in the cells of this workbook."
