"""Where the answer itself is marked: its sentence has the box, its words the stronger mark, and more than a colour."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QTextCharFormat
from pytestqt.qtbot import QtBot

from app.kit.design import LIGHT
from app.kit.source_target import SourceTarget
from app.source.marks import underline_shape
from app.source.page_painter import marks_of
from app.source.page_view import PageView
from app.source.sheet_model import IN_BOX_ROLE, MARK_ROLE
from app.source.sheet_page import SheetPage
from app.source.source_model import DrawnPage, SourceModel
from app.source.source_pane import SourcePane
from app.source.text_page import TextPage
from rag_core.types import Block, LineBox, Page, PageInfo
from tests.app.source.source_material import WORDS, drawn_page, infos, picture, span, target

SENTENCE, ANSWER = "The period is three months.", "three months"


def pointing(page: Page, sentence: str, answer: str, path: str) -> SourceTarget:
    """At `answer` in `sentence`; the passage is the whole page."""
    (start, end), (first, last) = span(page, sentence), span(page, answer)
    places = {"quote_start": start, "quote_end": end, "answer_start": first, "answer_end": last}
    return target(path, 1, 0, len(page.text), **places)


@pytest.fixture
def model() -> SourceModel:
    return SourceModel()


def test_on_a_picture_the_sentence_is_boxed_and_the_answer_marked(model: SourceModel, qtbot: QtBot) -> None:
    page = drawn_page()
    view = PageView(model)
    qtbot.addWidget(view)
    view.resize(640, 400)
    view.show()
    model.point([pointing(page, SENTENCE, ANSWER, "/papers/contract.pdf")], 0)
    model.take_pages(infos(1))
    model.take_page(page)
    model.page_drawn.emit(DrawnPage(picture(1), 1.0))
    image = view.viewport().grab().toImage()
    rect, scale = view._layout.rect(0).translated(-view._offset()), view._layout.scales[0]

    def colour(x: float, y: float) -> QColor:
        return image.pixelColor((rect.topLeft() + QPointF(x, y) * scale).toPoint())

    assert colour(300, 110).name() == "#ffffff"  # the sentence before
    assert colour(110, 140).name() == LIGHT.mark
    assert colour(400, 140).blue() < QColor(LIGHT.mark).blue()
    assert colour(400, 151).name() == LIGHT.warning  # the line below the answer


def test_words_that_only_prove_have_no_line(model: SourceModel) -> None:
    page = drawn_page()
    start, end = span(page, SENTENCE)
    model.point([target(start=0, end=len(WORDS), quote_start=start, quote_end=end)], 0)
    assert marks_of(page, model, ()).underline is None
    model.point([pointing(page, SENTENCE, ANSWER, "/papers/contract.pdf")], 0)
    assert marks_of(page, model, ()).underline is not None


def test_the_line_runs_along_upright_words() -> None:
    page = Page(1, "いろはにほへと", lines=(LineBox(0, 7, 300, 100, 320, 240),))
    line = underline_shape(page, 2, 4).boundingRect()
    assert line.width() == 0 and line.height() == pytest.approx(40, abs=1)


def test_in_text_the_answer_is_marked_and_underlined(model: SourceModel, qtbot: QtBot) -> None:
    page = Page(1, WORDS, "", (Block("paragraph", 0, len(WORDS)),))
    view = TextPage(model)
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    model.point([pointing(page, SENTENCE, ANSWER, "/papers/notes.md")], 0)
    model.take_pages((PageInfo(1, "", 0, 0, False),))
    model.take_page(page)
    (selection,) = view.extraSelections()
    assert selection.cursor.selectedText() == ANSWER
    assert selection.format.underlineStyle() == QTextCharFormat.UnderlineStyle.SingleUnderline
    assert model.boxed is not None and WORDS[model.boxed.start : model.boxed.end] == SENTENCE


def test_in_a_sheet_the_row_is_boxed_and_the_answer_is_one_cell(model: SourceModel, qtbot: QtBot) -> None:
    rows = ("Name | Days", "Name: Yamada | Days: 12", "Name: Smith | Days: 9")
    text = "\n".join(rows)
    blocks = tuple(Block("table_row", text.index(row), text.index(row) + len(row)) for row in rows)
    view = SheetPage(model)
    qtbot.addWidget(view)
    page = Page(1, text, "Leave", blocks)
    model.point([pointing(page, rows[1], "12", "/papers/leave.xlsx")], 0)
    model.take_pages((PageInfo(1, "Leave", 0, 0, False),))
    model.take_page(page)
    cells = [[view.table.index(row, column) for column in range(2)] for row in (1, 2)]
    assert [[cell.data(MARK_ROLE) for cell in row] for row in cells] == [["boxed", "answer"], ["", ""]]
    assert [[cell.data(IN_BOX_ROLE) for cell in row] for row in cells] == [[True, True], [False, False]]


def test_a_screen_reader_hears_the_answer_first(model: SourceModel, qtbot: QtBot) -> None:
    pane = SourcePane(model)
    qtbot.addWidget(pane)
    page = Page(1, WORDS, "", (Block("paragraph", 0, len(WORDS)),))
    model.point([pointing(page, SENTENCE, ANSWER, "/papers/notes.md")], 0)
    model.take_pages((PageInfo(1, "", 0, 0, False),))
    model.take_page(page)
    said = pane.text_page.accessibleDescription().splitlines()
    assert said[:2] == [f"The answer: {ANSWER}", f"Quoted: {SENTENCE}"]
