"""The tables of the conversations. A step is never edited once released; a change is a new step, and a new fixture."""

from __future__ import annotations

from rag_core.messages import say
from rag_core.storage.schema import Schema, Step

CONVERSATIONS_FILE = "conversations.db"

_STEP_1: Step = (
    # `words` is what a search looks in: one spelling for capitals and for full-width forms.
    """CREATE TABLE conversations (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        title TEXT NOT NULL,
        created_ns INTEGER NOT NULL,
        updated_ns INTEGER NOT NULL,
        words TEXT NOT NULL
    )""",
    "CREATE INDEX conversations_by_time ON conversations(updated_ns)",
    # Ids only grow, so their order is the order of the conversation.
    """CREATE TABLE turns (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation INTEGER NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
        question TEXT NOT NULL,
        asked_ns INTEGER NOT NULL,
        problem TEXT NOT NULL,
        stopped INTEGER NOT NULL,
        feedback TEXT NOT NULL CHECK (feedback IN ('', 'up', 'down')),
        filters TEXT NOT NULL,
        words TEXT NOT NULL,
        answer TEXT
    )""",
    "CREATE INDEX turns_of_conversation ON turns(conversation)",
)

# What the search told the person, one notice a line.
_STEP_2: Step = ("ALTER TABLE turns ADD COLUMN notices TEXT NOT NULL DEFAULT ''",)

CONVERSATIONS = Schema(
    say("the-conversation-file"),
    say("after-conversations-damage", file=CONVERSATIONS_FILE),
    steps=(_STEP_1, _STEP_2),
)
