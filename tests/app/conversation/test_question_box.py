"""The question box under the fingers."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.conversation.filter_popup import FilterPopup, days_of, filter_words
from app.conversation.question_box import QuestionBox
from rag_core.types import Filters


@pytest.fixture
def box(qtbot: QtBot) -> QuestionBox:
    made = QuestionBox()
    qtbot.addWidget(made)
    made.resize(600, 200)
    made.show()
    made.focus()
    return made


def test_enter_asks_and_shift_enter_breaks_the_line(qtbot: QtBot, box: QuestionBox) -> None:
    asked: list[str] = []
    box.asked.connect(asked.append)
    QTest.keyClicks(box.field, "one")
    QTest.keyClick(box.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(box.field, "two")
    assert not asked
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    assert asked == ["one\ntwo"] and box.text() == ""
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    assert len(asked) == 1  # nothing to ask


def test_enter_ends_a_composition_and_does_not_send(qtbot: QtBot, box: QuestionBox) -> None:
    asked: list[str] = []
    box.asked.connect(asked.append)
    QCoreApplication.sendEvent(box.field, QInputMethodEvent("ゆうきゅう", []))
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    assert not asked
    committed = QInputMethodEvent()
    committed.setCommitString("有給")
    QCoreApplication.sendEvent(box.field, committed)
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    assert asked == ["有給"]


def test_up_recalls_and_down_comes_back_to_the_draft(qtbot: QtBot, box: QuestionBox) -> None:
    box.set_earlier(lambda: ["first", "second"])
    QTest.keyClicks(box.field, "draft")
    box.field.moveCursor(box.field.textCursor().MoveOperation.Start)
    QTest.keyClick(box.field, Qt.Key.Key_Up)
    assert box.text() == "second"
    QTest.keyClick(box.field, Qt.Key.Key_Up)
    assert box.text() == "first"
    QTest.keyClick(box.field, Qt.Key.Key_Up)
    assert box.text() == "first"
    box.field.moveCursor(box.field.textCursor().MoveOperation.End)
    QTest.keyClick(box.field, Qt.Key.Key_Down)
    QTest.keyClick(box.field, Qt.Key.Key_Down)
    assert box.text() == "draft"


def test_it_stops_by_button_and_by_escape(qtbot: QtBot, box: QuestionBox) -> None:
    stops: list[bool] = []
    box.stop_requested.connect(lambda: stops.append(True))
    QTest.keyClick(box.field, Qt.Key.Key_Escape)
    assert not stops
    box.set_working(True)
    assert box.send_button.accessibleName() == "Stop"
    QTest.mouseClick(box.send_button, Qt.MouseButton.LeftButton)
    QTest.keyClick(box.field, Qt.Key.Key_Escape)
    assert len(stops) == 2


def test_it_grows_to_six_lines(box: QuestionBox) -> None:
    one = box.field.height()
    box.set_text("a\nb\nc")
    three = box.field.height()
    box.set_text("\n".join("line" for _ in range(40)))
    many = box.field.height()
    line = box.field.fontMetrics().lineSpacing()
    assert three == one + 2 * line and many == one + 5 * line


def test_a_reason_blocks_it(qtbot: QtBot, box: QuestionBox) -> None:
    asked: list[str] = []
    box.asked.connect(asked.append)
    box.set_text("something")
    box.set_blocked("Add documents first.")
    assert not box.field.isEnabled() and not box.send_button.isEnabled()
    box.set_blocked("")
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    assert asked == ["something"]


def test_filters_show_as_words(qtbot: QtBot, box: QuestionBox) -> None:
    with qtbot.waitSignal(box.filters_changed):
        box.set_filters(Filters("/docs/Contracts", ("application/pdf",)))
    assert filter_words(box.filters) == "PDF · Contracts"


def test_the_popup_gives_back_what_it_was_given(qtbot: QtBot, box: QuestionBox) -> None:
    popup = FilterPopup(box)
    popup.set_folders(["/docs/Contracts"])
    popup._since.setCurrentIndex(1)
    popup._types["pdf"].setChecked(True)
    popup._folder.setCurrentIndex(1)
    chosen = popup.filters()
    assert chosen.media_types == ("application/pdf",) and days_of(chosen) == 7 and chosen.folder == "/docs/Contracts"
    popup.open_at(box.send_button, Filters())
    assert not popup.filters()
    popup.close()
