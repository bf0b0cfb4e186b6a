"""A conversation, and how it is shown."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.conversation_model import ConversationModel, ConversationPlace
from app.conversation.conversation_view import ConversationView


@pytest.fixture
def model(qtbot: QtBot) -> ConversationModel:
    made = ConversationModel()
    made.open(ConversationPlace("default", 1))
    return made


@pytest.fixture
def view(qtbot: QtBot, model: ConversationModel) -> ConversationView:
    made = ConversationView(model)
    qtbot.addWidget(made)
    made.resize(800, 700)
    made.show()
    return made
