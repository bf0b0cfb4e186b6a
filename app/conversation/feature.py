"""Asking, and what was asked, made and connected."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.conversation.conversation_list import ConversationList
from app.conversation.conversation_model import ShownTurn
from app.conversation.conversation_page import ConversationPage
from app.conversation.conversations_controller import ConversationsController
from app.conversation.questions_controller import QuestionsController
from app.engine.feature import Feature
from app.engine.jobs import EngineLink


class ConversationFeature(Feature):
    """`answered` carries every `Answer` that has come, `announced` what a screen reader should say. `begun`: a new
    conversation was wanted in the list.
    """

    answered = Signal(object)
    announced = Signal(str)
    begun = Signal()

    def __init__(self, engine: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.questions = QuestionsController(engine, parent=self)
        self.conversations = ConversationsController(engine, self.questions, self)
        self.page = ConversationPage(self.questions.model)
        self.list = ConversationList(self.conversations.model)
        self._look_after(self.questions, self.conversations)
        self._connect_page()
        self._connect_list()

    def set_library(self, name: str) -> None:
        self.conversations.set_library(name)
        self.page.set_library(name)

    def begin(self) -> None:
        """A new conversation."""
        self.conversations.new()
        self.begun.emit()

    def _connect_page(self) -> None:
        page, questions = self.page, self.questions
        page.box.asked.connect(questions.ask)
        page.box.stop_requested.connect(questions.stop)
        page.box.filters_changed.connect(questions.set_filters)
        page.view.question_chosen.connect(questions.ask)
        page.view.retry_requested.connect(questions.retry)
        page.view.edit_requested.connect(questions.edit)
        page.view.feedback_given.connect(questions.set_feedback)
        questions.answer_marked.connect(self.announced)
        questions.answer_finished.connect(self.announced)
        questions.model.turn_changed.connect(self._tell_answer)

    def _connect_list(self) -> None:
        listed, conversations = self.list, self.conversations
        listed.opened.connect(conversations.open)
        listed.new_requested.connect(self.begin)
        listed.delete_requested.connect(conversations.delete)
        listed.export_requested.connect(lambda number, path: conversations.export(path, number))
        listed.searched.connect(conversations.search)

    def _tell_answer(self, turn: ShownTurn) -> None:
        if turn.answer is not None:
            self.answered.emit(turn.answer)
