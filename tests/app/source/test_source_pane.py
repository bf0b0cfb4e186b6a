"""The pane as a person meets it: names, numbers, keys, and what a screen reader says."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from app.kit.design import LIGHT
from app.kit.text import use_language
from app.source.feature import SourceFeature
from app.source.source_model import PageWish
from rag_core.host.jobs import FindInDocument, ListPages, LoadPage, RenderPage
from rag_core.types import Block, Page, PageInfo, TextMatch
from tests.app.fakes_engine import FakeEngine
from tests.app.source.source_material import WORDS, drawn_page, infos, picture, span, target


class Opened:
    """A pane with its controller over a fake engine."""

    def __init__(self, qtbot: QtBot) -> None:
        self.engine = FakeEngine()
        self.feature = SourceFeature(self.engine)
        self.source, self.pane = self.feature.controller, self.feature.pane
        qtbot.addWidget(self.pane)
        self.pane.resize(460, 600)
        self.pane.show()

    def show_pdf(self, pages: int = 3) -> None:
        page = drawn_page()
        start, end = span(page, "The period is three months.")
        first = target(start=0, end=len(WORDS), quote_start=start, quote_end=end)
        self.source.show([first, target(page=3, label="[2]")], 0)
        self.engine.finish(ListPages, infos(pages))
        self.engine.finish(LoadPage, page)

    def show_text(self, text: str, path: str = "/papers/notes.md", pages: int = 1, label: str = "") -> None:
        self.source.show([target(path)], 0)
        place = {"pptx": "slide", "xlsx": "sheet"}.get(path.rpartition(".")[2], "part" if pages > 1 else "")
        self.engine.finish(ListPages, tuple(PageInfo(n, label, 0, 0, False, place) for n in range(1, pages + 1)))
        self.engine.finish(LoadPage, Page(1, text, label, (Block("paragraph", 0, len(text)),)))


@pytest.fixture
def opened(qtbot: QtBot) -> Opened:
    return Opened(qtbot)


def test_the_head_names_file_place_and_citation(opened: Opened) -> None:
    opened.show_pdf()
    head = opened.pane.head
    assert head.name.whole_text == "contract.pdf"
    assert head.place.whole_text == "Page 1 of 3 · [1]"
    assert head.count.text() == "1 of 2"
    assert (head.page_field.text(), head.page_count.text()) == ("1", "/ 3")


@pytest.mark.parametrize(
    ("path", "pages", "label", "place"),
    [
        ("/papers/a.docx", 1, "", "[1]"),
        ("/papers/a.docx", 4, "", "Part 1 of 4 · [1]"),
        ("/papers/a.pptx", 4, "", "Slide 1 of 4 · [1]"),
        ("/papers/a.xlsx", 1, "Prices", "Sheet “Prices” · [1]"),
        ("/papers/a.xlsx", 3, "Prices", "Sheet “Prices”, part 1 of 3 · [1]"),
    ],
)
def test_places_are_called_as_people_call_them(opened: Opened, path: str, pages: int, label: str, place: str) -> None:
    opened.show_text("Some words", path, pages, label)
    assert opened.pane.head.place.whole_text == place


def test_a_page_label_that_is_no_number_is_told(opened: Opened) -> None:
    opened.source.show([target(page=2)], 0)
    opened.engine.finish(ListPages, tuple(PageInfo(n, "ⅰⅱⅲ"[n - 1], 600, 800, False, "page") for n in (1, 2, 3)))
    assert opened.pane.head.place.whole_text == "Page ⅱ (2 of 3) · [1]"


def test_a_page_number_is_typed(opened: Opened, qtbot: QtBot) -> None:
    opened.show_pdf()
    field = opened.pane.head.page_field
    field.selectAll()
    QTest.keyClicks(field, "3")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert opened.source.model.number == 3
    _, job = opened.engine.last(LoadPage)
    assert job.number == 3


def test_alt_and_arrows_go_through_the_citations(opened: Opened, qtbot: QtBot) -> None:
    opened.show_pdf()
    opened.pane.activateWindow()
    opened.pane.page_view.setFocus()
    QTest.keyClick(opened.pane.page_view, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert opened.source.model.index == 1 and opened.pane.head.place.whole_text == "Page 3 of 3 · [2]"
    QTest.keyClick(opened.pane.page_view, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert opened.source.model.index == 0


def test_a_screen_reader_is_told_the_place_the_quote_and_the_page(opened: Opened) -> None:
    opened.show_pdf()
    view = opened.pane.page_view
    assert view.accessibleName() == "Page 1 of 3"
    assert view.accessibleDescription() == f"Quoted: The period is three months.\n{WORDS}"


def test_every_button_has_a_name_and_room_for_a_finger(opened: Opened) -> None:
    opened.show_pdf()
    opened.pane.open_find()
    buttons = [button for button in opened.pane.findChildren(QAbstractButton) if button.isVisible()]
    ours = [button for button in buttons if button.parent() is not opened.pane.find_bar.field]
    assert len(ours) >= 9
    for button in ours:
        assert button.accessibleName() and min(button.width(), button.height()) >= 28


def test_tab_shows_where_the_keyboard_is(opened: Opened) -> None:
    opened.show_pdf()
    view = opened.pane.page_view
    corner = QPoint(1, 1)
    before = view.viewport().grab().toImage().pixelColor(corner).name()
    opened.pane.activateWindow()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    assert view.viewport().grab().toImage().pixelColor(corner).name() == LIGHT.focus != before


def test_the_pane_fits_into_a_narrow_window(opened: Opened) -> None:
    opened.show_pdf(pages=1234)
    opened.source.show([target(page=1000)] * 15, 11)
    assert opened.pane.minimumSizeHint().width() <= 340


def test_a_file_that_is_gone_shows_its_stored_text(opened: Opened) -> None:
    opened.show_pdf()
    opened.source.want_pictures([PageWish(1, 1.0)])
    opened.engine.fail(RenderPage, "The file is not there any more.", "")
    pane = opened.pane
    assert pane.text_page.isVisible() and pane.text_page.toPlainText() == WORDS
    assert pane.line_words.isVisible() and "stored text" in pane.line_words.text()


def test_a_scanned_page_says_that_it_is_a_picture(opened: Opened) -> None:
    opened.source.show([target()], 0)
    opened.engine.finish(ListPages, (PageInfo(1, "", 600, 800, True),))
    opened.engine.finish(LoadPage, Page(1, "", width=600, height=800, needs_ocr=True))
    assert opened.pane.line_words.isVisible() and "picture" in opened.pane.line_words.text()


def test_what_cannot_be_shown_is_said_in_the_middle(opened: Opened) -> None:
    opened.source.show([target("/papers/a.txt")], 0)
    opened.engine.fail(LoadPage, "It is not in the library any more.", "")
    assert opened.pane.message.isVisible()
    assert opened.pane.message.text() == "It is not in the library any more."


def test_finding_goes_from_part_to_part(opened: Opened, qtbot: QtBot) -> None:
    opened.show_text("first words", pages=2)
    opened.pane.open_find()
    QTest.keyClicks(opened.pane.find_bar.field, "words")
    QTest.keyClick(opened.pane.find_bar.field, Qt.Key.Key_Return)
    opened.engine.finish(FindInDocument, (TextMatch(1, 6, 11), TextMatch(2, 7, 12)))
    QTest.keyClick(opened.pane.find_bar.field, Qt.Key.Key_Return)
    opened.engine.finish(LoadPage, Page(2, "second words"))
    assert opened.pane.text_page.toPlainText() == "second words"
    assert [mark.cursor.selectedText() for mark in opened.pane.text_page.extraSelections()] == ["words"]


def test_a_pdf_can_be_read_as_text_and_back(opened: Opened) -> None:
    opened.show_pdf()
    opened.source.want_pictures([PageWish(1, 1.0)])
    opened.engine.finish(RenderPage, picture(1))
    opened.pane.head.text_action.trigger()
    assert opened.pane.text_page.isVisible()
    opened.pane.head.text_action.trigger()
    assert opened.pane.page_view.isVisible()


def test_the_quoted_words_are_copied(opened: Opened) -> None:
    opened.show_pdf()
    opened.pane.head.copy_action.trigger()
    assert QApplication.clipboard().text() == "The period is three months."


def test_the_language_changes_while_a_document_is_open(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    opened.show_pdf()
    monkeypatch.setattr("app.kit.text.catalogue", lambda code: {"Page {number} of {count}": "{count}ページ中{number}"})
    try:
        use_language("ja")
        assert opened.pane.head.place.whole_text == "3ページ中1 · [1]"
        assert opened.pane.page_view.accessibleName() == "3ページ中1"
    finally:
        use_language("en")
