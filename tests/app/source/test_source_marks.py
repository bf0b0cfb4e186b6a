"""The box lies around the right words, whichever way they run."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from app.source.marks import bounds, outline, passage_shape, words_shape
from rag_core.types import LineBox, Page
from tests.app.source.source_material import drawn_page, span


def subpaths(path: QPainterPath) -> int:
    return len(path.toSubpathPolygons())


def test_whole_lines_are_boxed_with_a_little_air() -> None:
    page = drawn_page()
    box = passage_shape(page, 0, len(page.text)).boundingRect()
    assert box == QRectF(100, 100, 400, 80).adjusted(-3, -3, 3, 3)


def test_a_range_within_a_line_is_cut_where_it_begins_and_ends() -> None:
    page = drawn_page(text="iiii MMMM")  # wide letters take their share of the line
    box = bounds(page, *span(page, "MMMM"))
    assert box.top() == 100 and box.height() == 20
    assert 150 < box.left() < 260 and box.right() == 500


def test_the_words_of_the_line_above_stay_outside_the_box() -> None:
    page = drawn_page()
    start, _ = span(page, "in writing")
    _, end = span(page, "three months")
    shape = passage_shape(page, start, end)
    assert subpaths(shape) == 1
    assert not shape.contains(QPointF(120, 108)) and shape.contains(QPointF(450, 110))  # "Notice", "writing"
    assert shape.contains(QPointF(120, 140))  # the line below begins inside


def test_a_passage_over_two_columns_has_two_boxes() -> None:
    text = "left one\nleft two\nright one\nright two"
    boxes = [(0, 500), (0, 530), (300, 100), (300, 130)]
    starts = [0, 9, 18, 28]
    lines = tuple(
        LineBox(start, start + len(words), x, y, x + 250, y + 20)
        for start, words, (x, y) in zip(starts, text.split("\n"), boxes, strict=True)
    )
    assert subpaths(passage_shape(Page(1, text, lines=lines), 0, len(text))) == 2


@pytest.mark.parametrize("x_step", [-30, 30])
def test_upright_lines_are_cut_along_their_length(x_step: int) -> None:
    """Columns that follow each other to the left run downwards (Japanese); to the right, upwards (a turned page)."""
    text = "いろはにほへと\nちりぬるをわか"
    lines = tuple(LineBox(8 * n, 8 * n + 7, 300 + x_step * n, 100, 320 + x_step * n, 240) for n in range(2))
    page = Page(1, text, lines=lines)
    first = bounds(page, 0, 2)
    assert first.height() == pytest.approx(40, abs=1) and first.width() == 20
    assert (first.top() == 100) is (x_step < 0)
    assert subpaths(passage_shape(page, 0, len(text))) == 1


def test_a_page_on_its_head_is_cut_from_the_right() -> None:
    text = "aaaa bbbb\ncccc dddd"
    lines = (LineBox(0, 9, 100, 130, 500, 150), LineBox(10, 19, 100, 100, 500, 120))
    page = Page(1, text, lines=lines)
    assert bounds(page, 0, 4).right() == 500
    assert subpaths(passage_shape(page, 0, len(text))) == 1


def test_arabic_lines_begin_at_the_right() -> None:
    page = drawn_page(text="سلام عليكم")
    assert bounds(page, 0, 4).right() == 500


def test_words_without_a_box_have_no_shape() -> None:
    page = Page(1, "a scan's text")
    assert bounds(page, 0, 5).isNull() and passage_shape(page, 0, 5).isEmpty() and words_shape(page, 0, 5).isEmpty()


def test_the_outline_of_one_line_is_its_rectangle() -> None:
    assert outline([QRectF(10, 10, 50, 10)], 2).boundingRect() == QRectF(8, 8, 54, 14)
