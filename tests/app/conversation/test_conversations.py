"""The list of conversations, and its controller."""

from __future__ import annotations

import time
from pathlib import Path

import pypdfium2
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.conversation.conversation_list import ConversationList, safe_file_name
from app.conversation.conversation_list_model import Role
from app.conversation.conversations_controller import ConversationsController
from app.conversation.questions_controller import QuestionsController
from app.kit.confirm import ConfirmDialog
from app.kit.notices import Notice
from rag_core.conversations.records import Conversation
from rag_core.host.events import TurnsListed
from rag_core.host.jobs import (
    AskQuestion,
    DeleteConversation,
    ExportConversation,
    ListConversations,
    LoadTurns,
    RenameConversation,
)
from tests.app.conversation.conversation_samples import answered
from tests.app.fakes_engine import FakeEngine

DAY_NS = 86_400 * 10**9


@pytest.fixture
def engine(qtbot: QtBot) -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def conversations(engine: FakeEngine) -> ConversationsController:
    made = ConversationsController(engine, QuestionsController(engine))
    made.set_library("default")
    now = time.time_ns()
    found = (Conversation(3, "Leave", 2, now, now), Conversation(2, "Rooms", 1, now, now - 9 * DAY_NS))
    engine.finish(ListConversations, found)
    return made


def test_they_are_grouped_by_day(conversations: ConversationsController) -> None:
    model = conversations.model
    shown = [str(model.index(row).data()) for row in range(model.rowCount())]
    assert shown == ["Today", "Leave", "Earlier", "Rooms"]
    assert model.index(0).data(Role.IS_GROUP) and not model.flags(model.index(0))


def test_opening_shows_the_turns_in_pieces(engine: FakeEngine, conversations: ConversationsController) -> None:
    conversations.open(3)
    engine.send(LoadTurns, TurnsListed((answered(1), answered(2))), TurnsListed((answered(3),)))
    assert conversations._questions.model.questions() == ["Question 1?", "Question 2?", "Question 3?"]


def test_pieces_of_a_conversation_that_was_left_are_dropped(
    engine: FakeEngine, conversations: ConversationsController
) -> None:
    conversations.open(3)
    late, _ = engine.last(LoadTurns)
    conversations.open(2)
    late.event_received.emit(TurnsListed((answered(1),)))
    assert not conversations._questions.model.turns


def test_a_slow_search_does_not_overwrite_a_newer_one(
    engine: FakeEngine, conversations: ConversationsController
) -> None:
    conversations.search("lea")
    older, _ = engine.last(ListConversations)
    conversations.search("leave")
    engine.finish(ListConversations, (Conversation(3, "Leave", 2, 0, 0),))
    older.finished.emit((Conversation(2, "Rooms", 1, 0, 0),))
    assert [each.title for each in conversations.model.conversations] == ["Leave"]


def test_deleting_the_open_one_shows_a_new_one(engine: FakeEngine, conversations: ConversationsController) -> None:
    conversations.open(3)
    engine.send(LoadTurns, TurnsListed((answered(1),)))
    conversations._questions.ask("Running?")
    conversations.delete(3)
    _, job = engine.last(DeleteConversation)
    assert job.conversation_id == 3
    assert not conversations._questions.model.turns and not engine.running(AskQuestion)


def test_renaming_in_place(qtbot: QtBot, engine: FakeEngine, conversations: ConversationsController) -> None:
    model = conversations.model
    assert not model.setData(model.index(1), "   ")
    assert model.setData(model.index(1), "Holidays")
    _, job = engine.last(RenameConversation)
    assert (job.conversation_id, job.title) == (3, "Holidays")
    assert model.index(1).data() == "Holidays"


def test_export_by_the_ending(engine: FakeEngine, conversations: ConversationsController, tmp_path: Path) -> None:
    conversations.open(3)
    conversations.export(tmp_path / "a.docx")
    _, job = engine.last(ExportConversation)
    assert job.conversation_id == 3 and job.target == tmp_path / "a.docx"


def test_export_as_pdf(
    qtbot: QtBot, engine: FakeEngine, conversations: ConversationsController, tmp_path: Path
) -> None:
    target = tmp_path / "conversation.pdf"
    text = "## Leave\n\n- **25** days [1]\n\n| a | b |\n|--|--|\n| 1 | 2 |"
    conversations.export(target, 3)
    with qtbot.waitSignal(conversations.exported, timeout=20_000):
        engine.send(LoadTurns, TurnsListed((answered(1, text),)))
        engine.finish(LoadTurns, 1)
    conversations.shutdown()
    with pypdfium2.PdfDocument(target) as pdf:
        words = pdf[0].get_textpage().get_text_range().split()
    assert words[0] == "Leave" and "[1]" in words
    assert words[-1] == "1", "the page's number"


def test_a_pdf_that_cannot_be_written_says_so(
    qtbot: QtBot, engine: FakeEngine, conversations: ConversationsController, tmp_path: Path
) -> None:
    notices: list[Notice] = []
    conversations.noticed.connect(notices.append)
    conversations.export(tmp_path / "no such folder" / "a.pdf", 3)
    engine.send(LoadTurns, TurnsListed((answered(1),)))
    engine.finish(LoadTurns, 1)
    qtbot.waitUntil(lambda: bool(notices), timeout=20_000)
    conversations.shutdown()
    assert notices[0].level == "error"
    assert "is not there any more" in notices[0].text and notices[0].advice == "Choose another one."


def test_nothing_to_export_is_said(conversations: ConversationsController, tmp_path: Path) -> None:
    notices: list[Notice] = []
    conversations.noticed.connect(notices.append)
    conversations.export(tmp_path / "a.md")
    assert notices and notices[0].level == "info"


def test_the_list_opens_and_asks_before_deleting(qtbot: QtBot, conversations: ConversationsController) -> None:
    widget = ConversationList(conversations.model)
    qtbot.addWidget(widget)
    widget.resize(280, 400)
    widget.show()
    view = widget.view
    view.setCurrentIndex(conversations.model.index(1))
    opened: list[int] = []
    deleted: list[int] = []
    widget.opened.connect(opened.append)
    widget.delete_requested.connect(deleted.append)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert opened == [3]
    QTest.keyClick(view, Qt.Key.Key_Delete)
    asked = widget.findChild(ConfirmDialog)
    assert isinstance(asked, ConfirmDialog) and not deleted
    asked.action_button.click()
    assert deleted == [3]


def test_typing_in_the_search_field_asks_once(qtbot: QtBot, conversations: ConversationsController) -> None:
    widget = ConversationList(conversations.model)
    qtbot.addWidget(widget)
    with qtbot.waitSignal(widget.searched, timeout=5_000) as caught:
        QTest.keyClicks(widget.search_field, "leave")
    assert caught.args == ["leave"]


def test_titles_become_file_names_that_windows_takes() -> None:
    assert safe_file_name('What is "A/B": <c>?') == "What is A B c"
    assert safe_file_name("???") == "Conversation"
