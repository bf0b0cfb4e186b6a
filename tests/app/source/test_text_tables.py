"""Tables of a text: shown as tables, every word still found where it stands."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QTextCursor, QTextTable
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.kit.design import LIGHT
from app.source.source_model import SourceModel
from app.source.text_page import TextPage
from rag_core.types import Block, Page, PageInfo, TextMatch
from tests.app.source.source_material import span, target

NAMED = ("Name | Days 🗓️ | Note", "Name: 𠮷野 | Days 🗓️: 12", "Name: Sato | Note: half 🙂 days", "Name: Mori | Days 🗓️: 8")
PLAIN = ("Room | Floor | Key", "Ash |  | 7", "Birch 🌳 | 2 | 9")


def page_of(*parts: tuple[str, ...] | str) -> Page:
    """A tuple is a table."""
    text, blocks = "", []
    for part in parts:
        text += "\n\n" if text else ""
        lines = part if isinstance(part, tuple) else (part,)
        for number, words in enumerate(lines):
            text += "\n" if number else ""
            kind = "table_row" if isinstance(part, tuple) else "paragraph"
            blocks.append(Block(kind, len(text), len(text) + len(words)))  # type: ignore[arg-type]
            text += words
    return Page(1, text, "", tuple(blocks))


@pytest.fixture
def view(qtbot: QtBot) -> TextPage:
    view = TextPage(SourceModel())
    qtbot.addWidget(view)
    view.resize(420, 500)
    view.show()
    return view


def open_page(view: TextPage, page: Page, passage: tuple[int, int] = (0, 0), quote: tuple[int, int] = (0, 0)) -> None:
    model = view._model
    model.point([target("/papers/a.docx", 1, *passage, quote_start=quote[0], quote_end=quote[1])], 0)
    model.take_pages((PageInfo(1, "", 0, 0, False),))
    model.take_page(page)


def tables(view: TextPage) -> list[QTextTable]:
    return [frame for frame in view.document().rootFrame().childFrames() if isinstance(frame, QTextTable)]


def cells(table: QTextTable) -> list[list[str]]:
    shown = []
    for row in range(table.rows()):
        found = [table.cellAt(row, column) for column in range(table.columns())]
        shown.append([_words(cell.firstCursorPosition(), cell.lastPosition()) for cell in found])
    return shown


def _words(cursor: QTextCursor, end: int) -> str:
    cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    return cursor.selectedText()


def marked(view: TextPage) -> list[str]:
    return [selection.cursor.selectedText() for selection in view.extraSelections()]


def test_rows_are_shown_as_tables_and_words_around_them_as_before(view: TextPage) -> None:
    open_page(view, page_of("Before 🙂", NAMED, "Between", PLAIN, "After"))
    assert [cells(table) for table in tables(view)] == [
        [["Name", "Days 🗓️", "Note"], ["𠮷野", "12", ""], ["Sato", "", "half 🙂 days"], ["Mori", "8", ""]],
        [["Room", "Floor", "Key"], ["Ash", "", "7"], ["Birch 🌳", "2", "9"]],
    ]
    around = [line for line in view.toPlainText().split("\n") if line in ("Before 🙂", "Between", "After")]
    assert around == ["Before 🙂", "Between", "After"]


@pytest.mark.parametrize("words", ["𠮷野", "half 🙂 days", "Birch 🌳", "After 🙂 all", "Between", "Key"])
def test_every_word_is_found_where_it_stands(view: TextPage, words: str) -> None:
    page = page_of(NAMED, "Between", PLAIN, "After 🙂 all")
    open_page(view, page)
    view._model.take_matches([TextMatch(1, *span(page, words))])
    assert marked(view) == [words]


def test_the_name_of_a_column_is_found_in_its_row_too(view: TextPage) -> None:
    page = page_of(NAMED)
    open_page(view, page)
    start = page.text.index("Days 🗓️: 8")
    view._model.take_matches([TextMatch(1, start, start + 4)])
    assert marked(view) == ["8"]


def test_a_quote_over_cells_marks_those_cells_alone(view: TextPage) -> None:
    page = page_of("Before", NAMED, "After")
    start, end = page.text.index("12"), page.text.index("half 🙂") + 6
    open_page(view, page, quote=(start, end))
    assert marked(view) == ["12", "Sato", "half 🙂"]


def test_the_box_begins_in_the_middle_of_a_table(view: TextPage, qapp: QApplication) -> None:
    page = page_of("Before", PLAIN, "After")
    start = page.text.index("Birch")
    open_page(view, page, passage=(start, start + len(PLAIN[2])), quote=span(page, "Birch 🌳"))
    (row,) = view._rows(TextMatch(1, start, start + len(PLAIN[2])))
    above = view._rows(TextMatch(1, *span(page, "Ash")))[0]
    assert row.top() >= above.bottom() - 1
    image = view.viewport().grab().toImage()
    y = round(row.center().y()) - view.verticalScrollBar().value()
    seen = {image.pixelColor(x, y).name() for x in range(image.width())}
    assert {LIGHT.mark, LIGHT.mark_border, LIGHT.quote} <= seen
    y = round(above.center().y()) - view.verticalScrollBar().value()
    assert LIGHT.mark not in {image.pixelColor(x, y).name() for x in range(image.width())}


def test_the_row_that_names_the_columns_stands_out(view: TextPage) -> None:
    open_page(view, page_of(PLAIN))
    weights = [tables(view)[0].cellAt(row, 0).firstCursorPosition().block().begin().fragment() for row in (0, 1)]
    assert weights[0].charFormat().fontWeight() > weights[1].charFormat().fontWeight()


def test_copied_rows_are_the_stored_words(view: TextPage) -> None:
    page = page_of("Before", NAMED, "After")
    open_page(view, page)
    view.selectAll()
    assert view.createMimeDataFromSelection().text() == page.text


def test_a_narrow_pane_gives_each_column_its_longest_word(view: TextPage) -> None:
    rows = ("Record | Kept | Remark", *(f"Conveyancing | {n} years | " + "many words here " * 6 for n in range(3)))
    open_page(view, page_of(rows))
    view.resize(340, 500)
    block = tables(view)[0].cellAt(1, 0).firstCursorPosition().block()
    assert block.layout().lineCount() == 1
    assert view.horizontalScrollBar().maximum() == 0


def test_a_very_long_table_stays_lines(view: TextPage) -> None:
    page = page_of(tuple(f"{number} | name | place" for number in range(400)))
    open_page(view, page)
    assert not tables(view) and view.toPlainText() == page.text
