"""Stored text as a person reads it: not one character off, the proof in view."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QTextCursor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.kit import design
from app.kit.design import DARK, LIGHT
from app.kit.text_offsets import Utf16Offsets
from app.source.source_model import SourceModel
from app.source.text_page import TextPage
from rag_core.types import Block, Page, PageInfo, TextMatch
from tests.app.source.source_material import span, target

PARTS: tuple[tuple[str, str, int], ...] = (
    ("heading", "Leave 🌴 and absence", 1),
    ("paragraph", "Days 🗓️ are counted. " * 40, 0),
    ("list_item", "- 𠮷野家 counts too", 0),
    ("code", "if days > 25:\n    print('🙂')", 0),
    ("table_row", "Name: Yamada | Days: 12", 0),
    ("paragraph", "The proof 🙂 stands here.", 0),
    ("furniture", "Page 3 of 12", 0),
)


def made_page(number: int = 1) -> Page:
    text, blocks = "", []
    for kind, words, level in PARTS:
        text += "\n\n" if text else ""
        blocks.append(Block(kind, len(text), len(text) + len(words), level))  # type: ignore[arg-type]
        text += words
    return Page(number, text, "", tuple(blocks))


def quote_is_in_view(view: TextPage) -> bool:
    marked = view.extraSelections()[0]
    cursor = QTextCursor(view.document())
    cursor.setPosition(marked.cursor.selectionStart())
    return view.viewport().rect().contains(view.cursorRect(cursor).center())


@pytest.fixture
def model() -> SourceModel:
    return SourceModel()


@pytest.fixture
def view(model: SourceModel, qtbot: QtBot) -> TextPage:
    view = TextPage(model)
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    page = made_page()
    start, end = span(page, "The proof 🙂 stands here.")
    quote_start, quote_end = span(page, "🙂 stands")
    model.point([target("/papers/a.docx", 1, start, end, quote_start=quote_start, quote_end=quote_end)], 0)
    model.take_pages((PageInfo(1, "", 0, 0, False), PageInfo(2, "", 0, 0, False)))
    model.take_page(page)
    return view


def test_the_document_holds_the_stored_text_and_nothing_else(view: TextPage) -> None:
    assert view.toPlainText() == made_page().text


def test_the_words_that_prove_are_marked_whatever_comes_before_them(view: TextPage) -> None:
    marked = view.extraSelections()
    assert [selection.cursor.selectedText() for selection in marked] == ["🙂 stands"]
    assert marked[0].format.background().color() == QColor(LIGHT.quote)


def test_marks_follow_the_theme(view: TextPage, qapp: QApplication) -> None:
    design.apply(qapp, "dark")
    assert view.extraSelections()[0].format.background().color() == QColor(DARK.quote)


def test_what_proves_is_scrolled_into_view(view: TextPage, model: SourceModel) -> None:
    assert model.quote is not None
    view.reveal(model.quote, animated=False)
    assert quote_is_in_view(view)


def test_what_proves_is_in_view_when_the_pane_opens_after_the_text_has_come(model: SourceModel, qtbot: QtBot) -> None:
    view = TextPage(model)
    qtbot.addWidget(view)
    view.resize(400, 300)
    page = made_page()
    text = f"{page.text[: page.blocks[0].end]}\n\n{page.text}\n\n" + "And so on. " * 2000
    start = text.index("Days")
    model.point([target("/papers/a.docx", 1, start, start + 4, quote_start=start, quote_end=start + 4)], 0)
    model.take_pages((PageInfo(1, "", 0, 0, False),))
    model.take_page(Page(1, text))
    view.reveal(TextMatch(1, start, start + 4), animated=False)
    view.show()
    qtbot.waitUntil(view.isVisible)
    assert quote_is_in_view(view)


def test_the_passage_has_a_box(view: TextPage, model: SourceModel) -> None:
    assert model.passage is not None and model.quote is not None
    view.reveal(model.quote, animated=False)
    row = view._rows(model.passage)[0]
    image = view.viewport().grab().toImage()
    y = round(row.center().y()) - view.verticalScrollBar().value()
    colours = {image.pixelColor(x, y).name() for x in range(image.width())}
    assert LIGHT.mark in colours and LIGHT.mark_border in colours


def test_matches_are_marked_and_the_chosen_one_stands_out(view: TextPage, model: SourceModel) -> None:
    page = made_page()
    first, second = span(page, "Days"), span(page, "Days: 12")
    model.take_matches([TextMatch(1, *first), TextMatch(1, *second)])
    words = {selection.cursor.selectedText() for selection in view.extraSelections()}
    assert {"Days", "Days: 12"} <= words
    chosen = next(found for found in view.extraSelections() if found.cursor.selectedText() == "Days")
    assert chosen.format.background().color() == QColor(LIGHT.accent)


def test_another_part_is_shown_when_its_turn_comes(view: TextPage, model: SourceModel) -> None:
    model.turn_to(2)
    model.take_page(Page(2, "The second part"))
    assert view.toPlainText() == "The second part"
    model.turn_to(1)
    assert view.toPlainText() == made_page().text


def test_larger_letters_keep_the_text_and_the_place(view: TextPage, model: SourceModel) -> None:
    assert model.quote is not None
    view.reveal(model.quote, animated=False)
    view.zoom_in()
    assert view.zoom > 1 and view.toPlainText() == made_page().text
    assert quote_is_in_view(view)


@given(st.text(st.sampled_from("a é日𠮷🙂\n")), st.integers(0, 50))
def test_offsets_go_to_qt_and_back(text: str, offset: int) -> None:
    offset = min(offset, len(text))
    offsets = Utf16Offsets(text)
    position = offsets.to_qt(offset)
    assert position == len(text[:offset].encode("utf-16-le")) // 2
    assert offsets.to_python(position) == offset
