"""A thousand turns: few cards, a steady position, and the end while it grows."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.conversation.turn_list import TurnList


class Block(QWidget):
    """A card of a known height."""

    def __init__(self, index: int, heights: dict[int, int], parent: QWidget) -> None:
        super().__init__(parent)
        self.index = index
        self.heights = heights

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        return self.heights.get(self.index, 180 + (self.index * 37) % 300) * 600 // width


@pytest.fixture
def heights() -> dict[int, int]:
    return {}


@pytest.fixture
def turns(qtbot: QtBot, heights: dict[int, int]) -> TurnList:
    made = TurnList(lambda index, parent: Block(index, heights, parent), lambda index, width: 250)
    qtbot.addWidget(made)
    made.resize(700, 600)
    made.show()
    return made


def in_sight(turns: TurnList) -> dict[int, int]:
    """Where the cards in sight begin."""
    viewport = turns.viewport().rect()
    return {i: card.y() for i, card in turns.cards.items() if card.geometry().intersects(viewport)}


def test_only_cards_near_the_eye_exist(qtbot: QtBot, turns: TurnList) -> None:
    turns.reset(1000)
    qtbot.wait(0)
    assert len(turns.cards) < 15 and 999 in in_sight(turns) and turns.is_at_end
    bar = turns.verticalScrollBar()
    for value in range(bar.maximum(), 0, -997):
        bar.setValue(value)
        assert len(turns.cards) < 15
    bar.setValue(0)
    assert 0 in in_sight(turns)


def test_a_corrected_height_above_does_not_move_what_is_read(turns: TurnList, heights: dict[int, int]) -> None:
    turns.reset(200)
    turns.show_turn(100)
    before = in_sight(turns)[100]
    heights[99] = 900
    heights[98] = 30
    turns._measure(99)
    turns.arrange()
    assert in_sight(turns)[100] == before


def test_it_follows_the_end_unless_the_person_went_away(qtbot: QtBot, turns: TurnList, heights: dict[int, int]) -> None:
    turns.reset(20)
    heights[19] = 2000
    turns.remeasure(turns.cards[19])
    qtbot.waitUntil(lambda: turns.cards[19].height() > 1500)
    assert turns.cards[19].geometry().bottom() < 600
    away: list[bool] = []
    turns.end_left.connect(away.append)
    bar = turns.verticalScrollBar()
    bar.setValue(bar.value() - 500)
    assert away == [True]
    reading = turns.cards[19].y()
    heights[19] = 3000
    turns.remeasure(turns.cards[19])
    qtbot.waitUntil(lambda: turns.cards[19].height() > 2700)
    assert turns.cards[19].y() == reading
    turns.jump_to_end()
    assert turns.is_at_end and away == [True, False]


def test_the_width_changes_and_the_reader_stays(turns: TurnList) -> None:
    turns.reset(300)
    turns.show_turn(150)
    turns.resize(500, 600)
    assert 150 in in_sight(turns) and abs(in_sight(turns)[150]) < 60


def test_taking_the_last_turns_away(turns: TurnList) -> None:
    turns.reset(50)
    turns.truncate(10)
    turns.arrange()
    assert max(turns.cards) == 9 and in_sight(turns)
    turns.truncate(0)
    turns.arrange()
    assert not turns.cards and turns.childAt(QPoint(10, 10)) is turns.viewport()
