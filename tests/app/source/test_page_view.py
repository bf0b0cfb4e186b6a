"""Pages in a row: what is drawn, where it scrolls to, and what lies on the paper."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.kit import design
from app.kit.design import LIGHT
from app.source.page_layout import lay_out
from app.source.page_pictures import PagePictures
from app.source.page_view import PageView
from app.source.source_model import DrawnPage, PageWish, SourceModel
from rag_core.types import TextMatch
from tests.app.source.source_material import drawn_page, infos, picture, span, target


class Shown:
    """A view of a document, its wishes kept."""

    def __init__(self, qtbot: QtBot, pages: int = 3) -> None:
        self.model = SourceModel()
        self.view = PageView(self.model)
        self.wishes: list[list[PageWish]] = []
        self.view.pictures_wanted.connect(self.wishes.append)
        qtbot.addWidget(self.view)
        self.view.resize(640, 400)
        self.view.show()
        page = drawn_page()
        start, end = span(page, "three months")
        self.model.point([target(start=0, end=len(page.text), quote_start=start, quote_end=end)], 0)
        self.model.take_pages(infos(pages))
        self.model.take_page(page)

    def draw(self, number: int = 1) -> None:
        self.model.page_drawn.emit(DrawnPage(picture(number), 1.0))

    def place(self, number: int, x: float, y: float) -> QPoint:
        """A point of a page, in points, as it stands in the view."""
        rect = self.view._layout.rect(number - 1).translated(-self.view._offset())
        scale = self.view._layout.scales[number - 1]
        return QPointF(rect.left() + x * scale, rect.top() + y * scale).toPoint()

    def colour(self, number: int, x: float, y: float) -> str:
        image = self.view.viewport().grab().toImage()
        return image.pixelColor(self.place(number, x, y)).name()


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot)


def test_only_pages_near_the_view_are_asked_for(qtbot: QtBot) -> None:
    shown = Shown(qtbot, pages=2000)
    shown.view.reveal(TextMatch(1500, 0, 0), animated=False)
    qtbot.waitUntil(lambda: bool(shown.wishes) and shown.wishes[-1][0].number in (1499, 1500))
    assert len(shown.wishes[-1]) <= 4


def test_a_picture_that_is_there_is_not_asked_for_again(shown: Shown, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(shown.wishes))
    wish = next(wish for wish in shown.wishes[-1] if wish.number == 1)
    shown.model.page_drawn.emit(DrawnPage(picture(1), wish.scale))
    shown.wishes.clear()
    shown.view._wish_soon()
    qtbot.waitUntil(lambda: bool(shown.wishes))
    assert 1 not in [wish.number for wish in shown.wishes[-1]]


def test_the_passage_is_boxed_and_the_words_that_prove_stand_out(shown: Shown) -> None:
    shown.draw()
    shown.view.reveal(TextMatch(1, 0, 0), animated=False)
    assert shown.colour(1, 20, 110) == "#ffffff"
    assert shown.colour(1, 300, 110) == LIGHT.mark
    quote = QColor(shown.colour(1, 300, 140))
    assert quote.blue() < QColor(LIGHT.mark).blue()


def test_paper_and_marks_stay_light_in_the_dark_theme(shown: Shown, qapp: QApplication) -> None:
    design.apply(qapp, "dark")
    shown.draw()
    shown.view.reveal(TextMatch(1, 0, 0), animated=False)
    assert shown.colour(1, 20, 110) == "#ffffff"
    assert shown.colour(1, 300, 110) == LIGHT.mark


def test_what_proves_comes_to_stand_a_third_from_the_top(shown: Shown) -> None:
    page = drawn_page()
    deep = drawn_page(2)
    shown.model.take_page(deep)
    start, end = span(page, "It begins")
    shown.view.reveal(TextMatch(2, start, end), animated=False)
    top = shown.place(2, 100, 160).y()
    assert abs(top - shown.view.viewport().height() / 3) <= 2


def test_a_place_is_revealed_again_when_its_page_or_the_window_changes(shown: Shown) -> None:
    shown.view.reveal(TextMatch(2, 30, 40), animated=False)  # its lines are not here yet
    shown.model.take_page(drawn_page(2))
    shown.view.resize(500, 300)
    assert abs(shown.place(2, 100, 130).y() - shown.view.viewport().height() / 3) <= 2


def test_scrolling_by_hand_tells_the_page_and_lets_go(shown: Shown, qtbot: QtBot) -> None:
    reached: list[int] = []
    shown.view.page_reached.connect(reached.append)
    shown.view.reveal(TextMatch(1, 0, 10), animated=False)
    QTest.keyClick(shown.view, Qt.Key.Key_End)
    assert reached[-1] == 3
    before = shown.view.verticalScrollBar().value()
    shown.model.take_page(drawn_page(1))
    assert shown.view.verticalScrollBar().value() == before
    QTest.keyClick(shown.view, Qt.Key.Key_Home)
    assert reached[-1] == 1


def test_zooming_with_the_wheel_keeps_the_point_under_it(shown: Shown) -> None:
    shown.view.reveal(TextMatch(2, 0, 0), animated=False)
    point = shown.place(2, 300, 200)
    wheel = QWheelEvent(
        QPointF(point),
        QPointF(shown.view.mapToGlobal(point)),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(shown.view.viewport(), wheel)
    assert shown.view.horizontalScrollBar().maximum() > 0
    assert (shown.place(2, 300, 200) - point).manhattanLength() <= 3
    shown.view.fit_width()
    assert shown.view._scale is None and shown.view.horizontalScrollBar().maximum() == 0


def test_a_page_that_cannot_be_drawn_shows_its_words_and_why(shown: Shown) -> None:
    shown.view.reveal(TextMatch(1, 0, 0), animated=False)
    shown.model.page_refused.emit(1, "The page is damaged.")
    assert shown.colour(1, 560, 15) == LIGHT.warning_soft


def test_two_thousand_pages_are_laid_out_without_being_there() -> None:
    layout = lay_out(infos(2000), 640, None)
    assert len(layout.tops) == 2000
    assert layout.at(layout.tops[1234] + 1) == 1234
    assert list(layout.between(layout.tops[7] + 1, layout.tops[8] + 1)) == [7, 8]
    assert layout.rect(0).right() <= 640


def test_every_page_fills_the_width_whatever_its_size() -> None:
    pages = (*infos(1, 600, 800), *infos(1, 1200, 600))
    layout = lay_out(pages, 624, None)
    assert layout.sizes[0][0] == layout.sizes[1][0] == 600


def test_pictures_are_kept_up_to_so_many_bytes() -> None:
    pictures = PagePictures(max_bytes=3 * 60 * 80 * 4)
    for number in range(1, 6):
        pictures.add(DrawnPage(picture(number), 1.0))
        pictures.get(1)
    assert len(pictures) == 3
    assert pictures.get(1) is not None and pictures.get(2) is None
    assert pictures.size_bytes == 3 * 60 * 80 * 4
