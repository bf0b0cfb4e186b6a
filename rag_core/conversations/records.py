"""Conversations as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from rag_core.messages import NOTHING, Message
from rag_core.types import Answer, Filters

Feedback = Literal["", "up", "down"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation of a library. Times are nanoseconds since 1970."""

    conversation_id: int
    title: str
    turns: int
    created_ns: int
    updated_ns: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer. `answer` is None while there is none; `problem` then says why, if anything failed.

    `turn_id` is 0 until it is stored. `filters` are what the question was narrowed to. `notices` are what the
    search told the person (`SearchResult.notices`).
    """

    turn_id: int
    question: str
    asked_ns: int
    answer: Answer | None = None
    problem: Message = NOTHING
    stopped: bool = False
    feedback: Feedback = ""
    filters: Filters = field(default_factory=Filters)
    notices: tuple[Message, ...] = ()
