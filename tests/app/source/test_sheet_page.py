"""A sheet as a table: the right cells marked, however long it is."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.source.sheet_model import IN_BOX_ROLE, MARK_ROLE, SheetRow, SheetTable, sheet_rows
from app.source.sheet_page import SheetPage
from app.source.source_model import SourceModel
from rag_core.ingest.table_cells import CellSpan
from rag_core.types import Block, Page, PageInfo, TextMatch
from tests.app.source.source_material import span, target

ROWS = ("Name | Days | Office", "Name: Yamada | Days: 12 | Office: Yokohama", "Name: Smith | Office: Wexcombe")
HEADING = "Leave of 2026"


def made_page() -> Page:
    text, blocks = HEADING, [Block("heading", 0, len(HEADING), 1)]
    for words in ROWS:
        text += "\n\n" if len(blocks) == 1 else "\n"
        blocks.append(Block("table_row", len(text), len(text) + len(words)))
        text += words
    return Page(1, text, "Leave", tuple(blocks))


@pytest.fixture
def model() -> SourceModel:
    return SourceModel()


@pytest.fixture
def view(model: SourceModel, qtbot: QtBot) -> SheetPage:
    view = SheetPage(model)
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    page = made_page()
    start, _ = span(page, ROWS[1])
    _, end = span(page, ROWS[2])
    quote_start, quote_end = span(page, "Days: 12")
    model.point([target("/papers/leave.xlsx", 1, start, end, quote_start=quote_start, quote_end=quote_end)], 0)
    model.take_pages((PageInfo(1, "Leave", 0, 0, False),))
    model.take_page(page)
    return view


def shown(view: SheetPage, role: int = Qt.ItemDataRole.DisplayRole) -> list[list[object]]:
    table = view.table
    return [
        [table.index(row, column).data(role) for column in range(table.columnCount())]
        for row in range(table.rowCount())
    ]


def test_values_stand_under_their_columns(view: SheetPage) -> None:
    assert shown(view) == [
        [HEADING, None, None],
        ["Name", "Days", "Office"],
        ["Yamada", "12", "Yokohama"],
        ["Smith", None, "Wexcombe"],
    ]


def test_a_heading_goes_over_the_whole_width(view: SheetPage) -> None:
    assert view.columnSpan(0, 0) == 3 and view.columnSpan(1, 0) == 1


def test_the_cells_of_the_passage_are_marked_and_those_that_prove_more(view: SheetPage) -> None:
    assert shown(view, MARK_ROLE)[2:] == [["boxed", "marked", "boxed"], ["boxed", "boxed", "boxed"]]
    assert shown(view, IN_BOX_ROLE)[1:3] == [[False] * 3, [True] * 3]


def test_matches_are_marked_in_their_cells(view: SheetPage, model: SourceModel) -> None:
    page = made_page()
    model.take_matches([TextMatch(1, *span(page, "Yokohama")), TextMatch(1, *span(page, "Smith"))])
    marks = shown(view, MARK_ROLE)
    assert (marks[2][2], marks[3][0]) == ("match", "found")


def test_a_long_sheet_is_scrolled_to_its_cells(model: SourceModel, qtbot: QtBot) -> None:
    view = SheetPage(model)
    qtbot.addWidget(view)
    view.resize(300, 300)
    view.show()
    words = [f"{number} | {number * 2}" for number in range(3000)]
    starts = [0]
    for row in words:
        starts.append(starts[-1] + len(row) + 1)
    blocks = tuple(Block("table_row", start, start + len(row)) for start, row in zip(starts, words, strict=False))
    model.point([target("/papers/long.csv", 1, starts[2000], starts[2001] - 1)], 0)
    model.take_pages((PageInfo(1, "", 0, 0, False),))
    model.take_page(Page(1, "\n".join(words), "", blocks))
    assert model.passage is not None
    view.reveal(model.passage, animated=False)
    shown_row = view.rowAt(view.viewport().height() // 3)
    assert view.table.index(shown_row, 0).data() in ("1999", "2000")


def test_a_hundred_thousand_rows_are_looked_up_one_by_one(model: SourceModel) -> None:
    table = SheetTable(model)
    text = "0123456789" * 100_000
    rows = [SheetRow(at, at + 10, (CellSpan(at, at + 10, 0, "", at, at + 10),)) for at in range(0, len(text), 10)]
    table.show(Page(1, text), rows)
    assert table.rowCount() == 100_000
    assert table.cell_at(765_432).row() == 76_543
    assert table.index(76_543, 0).data() == "0123456789"


def test_an_empty_sheet_has_no_cells(view: SheetPage, model: SourceModel) -> None:
    view.table.show(Page(1, ""), sheet_rows(Page(1, "")))
    assert view.table.rowCount() == 0 and not view.table.cell_at(0).isValid()


def names_above(view: SheetPage) -> list[object]:
    header = view.horizontalHeader()
    return [view.table.headerData(column, Qt.Orientation.Horizontal) for column in range(header.count())]


def table_page(*rows: str) -> Page:
    text, blocks = "", []
    for words in rows:
        text += "\n" if text else ""
        blocks.append(Block("table_row", len(text), len(text) + len(words)))
        text += words
    return Page(1, text, "", tuple(blocks))


def test_names_below_a_title_stay_where_they_are(view: SheetPage) -> None:
    assert not view.horizontalHeader().isVisible() and not view.isRowHidden(1)


def test_a_first_row_of_names_stays_in_view_above_the_columns(view: SheetPage, model: SourceModel) -> None:
    model.take_page(table_page(*ROWS))
    assert view.horizontalHeader().isVisible() and names_above(view) == ["Name", "Days", "Office"]
    assert view.isRowHidden(0) and not view.isRowHidden(1)


def test_a_later_part_of_a_sheet_knows_its_columns(view: SheetPage, model: SourceModel) -> None:
    model.take_page(table_page("Name: Sato | Days: 3", "Name: Ito | Days: 4"))
    assert names_above(view) == ["Name", "Days"] and not view.isRowHidden(0)


def test_the_first_columns_stay_in_view_where_the_answer_is_in_a_later_one(view: SheetPage) -> None:
    page = view.table.page
    assert page is not None
    for width, is_at_the_left in ((700, True), (120, False)):
        view.resize(width, 300)
        view.horizontalScrollBar().setValue(view.horizontalScrollBar().maximum())
        view.reveal(TextMatch(1, *span(page, "Yokohama")), animated=False)
        assert (view.horizontalScrollBar().value() == 0) is is_at_the_left
        assert view.columnViewportPosition(2) < view.viewport().width()
