"""Keeps conversations: one SQLite file in the library's folder, written and encrypted as the library itself is."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from rag_core.conversations.answer_json import (
    UnknownForm,
    answer_from_json,
    answer_to_json,
    filters_from_json,
    filters_to_json,
)
from rag_core.conversations.records import Conversation, Feedback, Turn
from rag_core.conversations.schema import CONVERSATIONS
from rag_core.errors import UserError
from rag_core.messages import from_text, say, to_text
from rag_core.storage.connection import Connection
from rag_core.storage.database import Database
from rag_core.text.search_tokens import fold
from rag_core.types import Filters

_TURNS_AT_A_TIME = 50
_UNREADABLE = say("answer-unreadable")
_CONVERSATIONS = "SELECT id, title, (SELECT count(*) FROM turns WHERE conversation = c.id), created_ns, updated_ns"
# Each word stands in the title, or in one of the turns.
_HOLDS_WORD = "(instr(c.words, ?) OR EXISTS (SELECT 1 FROM turns t WHERE t.conversation = c.id AND instr(t.words, ?)))"


class ConversationStore(Database):
    """The conversations in the file `path` (`CONVERSATIONS_FILE` in a library's folder), which is made when missing.

    One thread at a time. Every method that changes something happens wholly or not at all, and what is deleted is
    overwritten on the disk. Where the file may only be read, reading works. Raises UserErrors: StorageFull,
    LibraryLocked, LibraryTooNew.
    """

    def __init__(self, path: Path, key: bytes | None = None) -> None:
        read_only = path.is_file() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
        super().__init__(path, CONVERSATIONS, key, read_only=read_only)

    def list(self, query: str = "") -> tuple[Conversation, ...]:
        """The latest first; with `query`, those that hold all of its words in title, questions or answers."""
        words = [word for word in fold(_storable(query)).split() if word]
        condition = " AND ".join(["TRUE", *(_HOLDS_WORD for _ in words)])
        with self.reading() as connection:
            rows = connection.execute(
                f"{_CONVERSATIONS} FROM conversations c WHERE {condition} ORDER BY updated_ns DESC, id DESC",
                [word for word in words for _ in range(2)],
            ).fetchall()
        return tuple(Conversation(*row) for row in rows)

    def conversation(self, conversation_id: int) -> Conversation:
        """Raises UserError when it is not there any more."""
        with self.reading() as connection:
            row = connection.execute(
                f"{_CONVERSATIONS} FROM conversations c WHERE id = ?", (conversation_id,)
            ).fetchone()
        if row is None:
            raise _gone()
        return Conversation(*row)

    def create(self, title: str) -> Conversation:
        now = time.time_ns()
        title = _storable(title)
        with self.writing() as connection:
            cursor = connection.execute(
                "INSERT INTO conversations(title, created_ns, updated_ns, words) VALUES (?, ?, ?, ?)",
                (title, now, now, fold(title)),
            )
        return Conversation(int(cursor.lastrowid), title, 0, now, now)

    def rename(self, conversation_id: int, title: str) -> None:
        """Its place in the list stays. Raises UserError when it is not there any more."""
        title = _storable(title)
        with self.writing() as connection:
            cursor = connection.execute(
                "UPDATE conversations SET title = ?, words = ? WHERE id = ?", (title, fold(title), conversation_id)
            )
            if cursor.rowcount == 0:
                raise _gone()
        self.leave_no_trace()

    def delete(self, conversation_id: int) -> None:
        """With all its turns; nothing happens when it is not there."""
        with self.writing() as connection:
            connection.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))
        self.leave_no_trace()

    def turns(self, conversation_id: int) -> Iterator[Turn]:
        """Oldest first, a few read at a time: other work on the store may happen in between.

        An answer that cannot be read (stored by a newer Alcove) comes as a turn with a `problem`.
        """
        last = 0
        while True:
            with self.reading() as connection:
                rows = connection.execute(
                    "SELECT id, question, asked_ns, answer, problem, stopped, feedback, filters, notices"
                    " FROM turns WHERE conversation = ? AND id > ? ORDER BY id LIMIT ?",
                    (conversation_id, last, _TURNS_AT_A_TIME),
                ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            yield from map(_turn, rows)

    def save_turn(self, conversation_id: int, turn: Turn) -> Turn:
        """Add a turn (`turn_id` 0), or replace the stored one. Returns it as stored.

        Raises UserError when the conversation, or the turn to be replaced, is not there any more.
        """
        with self.writing() as connection:
            stored = self._put_turn(connection, conversation_id, turn)
            connection.execute(
                "UPDATE conversations SET updated_ns = max(updated_ns + 1, ?) WHERE id = ?",
                (time.time_ns(), conversation_id),
            )
        return stored

    def delete_turns(self, conversation_id: int, turn_id: int) -> None:
        """Forget this turn and every later one of its conversation."""
        with self.writing() as connection:
            connection.execute("DELETE FROM turns WHERE conversation = ? AND id >= ?", (conversation_id, turn_id))
        self.leave_no_trace()

    def set_feedback(self, turn_id: int, feedback: Feedback) -> None:
        """Nothing happens when the turn is not there any more."""
        with self.writing() as connection:
            connection.execute("UPDATE turns SET feedback = ? WHERE id = ?", (feedback, turn_id))

    def _put_turn(self, connection: Connection, conversation_id: int, turn: Turn) -> Turn:
        if connection.execute("SELECT 1 FROM conversations WHERE id = ?", (conversation_id,)).fetchone() is None:
            raise _gone()
        turn = replace(turn, question=_storable(turn.question))
        values = {
            "question": turn.question,
            "asked_ns": turn.asked_ns,
            "answer": None if turn.answer is None else answer_to_json(turn.answer),
            "problem": _storable(to_text(turn.problem)),
            "stopped": turn.stopped,
            "feedback": turn.feedback,
            "filters": filters_to_json(turn.filters),
            "notices": _storable("\n".join(map(to_text, turn.notices))),
            "words": fold(_storable(f"{turn.question}\n{turn.answer.text if turn.answer else ''}")),
        }
        if turn.turn_id:
            cursor = connection.execute(
                f"UPDATE turns SET {', '.join(f'{name} = ?' for name in values)} WHERE id = ? AND conversation = ?",
                (*values.values(), turn.turn_id, conversation_id),
            )
            if cursor.rowcount == 0:
                raise UserError(say("question-gone"), say("ask-it-again"))
            return turn
        cursor = connection.execute(
            f"INSERT INTO turns(conversation, {', '.join(values)}) VALUES (?{', ?' * len(values)})",
            (conversation_id, *values.values()),
        )
        return replace(turn, turn_id=int(cursor.lastrowid))


def _turn(row: Any) -> Turn:
    turn_id, question, asked_ns, answer, problem, stopped, feedback, filters, notices = row
    try:
        narrowed = filters_from_json(filters)
        said = None if answer is None else answer_from_json(answer)
    except UnknownForm:
        return Turn(turn_id, question, asked_ns, None, _UNREADABLE, bool(stopped), feedback, Filters())
    return Turn(
        turn_id,
        question,
        asked_ns,
        said,
        from_text(problem),
        bool(stopped),
        feedback,
        narrowed,
        tuple(map(from_text, notices.splitlines())),
    )


def _storable(text: str) -> str:
    """Half a character (a damaged paste) cannot be written in UTF-8; it becomes a question mark."""
    return text.encode("utf-8", errors="replace").decode()


def _gone() -> UserError:
    return UserError(say("conversation-gone"), say("start-another"))
