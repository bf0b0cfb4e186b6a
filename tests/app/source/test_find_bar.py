"""Finding in a document with the keyboard alone."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.source.find_bar import FindBar
from app.source.source_model import SourceModel
from rag_core.types import TextMatch
from tests.app.source.source_material import target

MATCHES = tuple(TextMatch(1, start, start + 4) for start in (0, 10, 20))


class Asked:
    def __init__(self, bar: FindBar) -> None:
        self.words: list[str] = []
        bar.query_changed.connect(self.words.append)
        bar.next_requested.connect(lambda: self.words.append("next"))
        bar.previous_requested.connect(lambda: self.words.append("previous"))


@pytest.fixture
def model() -> SourceModel:
    return SourceModel()


@pytest.fixture
def bar(model: SourceModel, qtbot: QtBot) -> FindBar:
    bar = FindBar(model)
    qtbot.addWidget(bar)
    bar.open_find()
    return bar


def test_typing_asks_once_for_the_whole_word(bar: FindBar, qtbot: QtBot) -> None:
    asked = Asked(bar)
    QTest.keyClicks(bar.field, "leave")
    qtbot.waitUntil(lambda: bool(asked.words))
    assert asked.words == ["leave"]


def test_enter_asks_at_once_then_goes_on(bar: FindBar, model: SourceModel, qtbot: QtBot) -> None:
    asked = Asked(bar)
    QTest.keyClicks(bar.field, "leave")
    QTest.keyClick(bar.field, Qt.Key.Key_Return)
    model.search_for("leave", searching=False)
    model.take_matches(MATCHES)
    QTest.keyClick(bar.field, Qt.Key.Key_Return)
    QTest.keyClick(bar.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert asked.words == ["leave", "next", "previous"]


def test_the_number_of_places_is_told(bar: FindBar, model: SourceModel) -> None:
    model.search_for("leave", searching=True)
    assert bar.count.text() == ""
    model.take_matches(MATCHES)
    assert bar.count.text() == "1 of 3" == bar.field.accessibleDescription()
    model.choose_match(-1)
    assert bar.count.text() == "3 of 3"
    model.search_for("zebra", searching=False)
    assert bar.count.text() == "Not found" and not bar.next.isEnabled()


def test_a_search_that_was_cut_off_says_so(bar: FindBar, model: SourceModel) -> None:
    model.search_for("e", searching=True)
    model.take_matches([TextMatch(1, start, start + 1) for start in range(2000)])
    assert bar.count.text() == "1 of over 2,000"


def test_escape_closes_the_bar_and_ends_the_search(bar: FindBar, qtbot: QtBot) -> None:
    asked = Asked(bar)
    with qtbot.waitSignal(bar.closed):
        QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert asked.words == [""] and not bar.isVisible()


def test_the_same_words_are_looked_for_in_the_next_document(bar: FindBar, model: SourceModel, qtbot: QtBot) -> None:
    asked = Asked(bar)
    bar.field.setText("leave")
    model.point([target("/papers/other.pdf")], 0)
    qtbot.waitUntil(lambda: asked.words == ["leave"])
