"""The conversation as the window shows it: turns that come to life while a question is answered.

A `ShownTurn` outlives its place on the screen: a question goes on being answered while another conversation is shown,
and `ConversationModel.load` puts the living turn back where its stored copy stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from PySide6.QtCore import QObject, Signal

from rag_core.conversations.records import Turn
from rag_core.host.events import Failed
from rag_core.messages import NOTHING, Message
from rag_core.types import Answer, ChatMessage, Citation, Filters, Passage, Quote

HISTORY_MESSAGES = 6
_MARKER = re.compile(r"[ \t]*\[\d{1,3}\]")


class Phase(Enum):
    """How far a question has come."""

    SEARCHING = "searching"
    READING = "reading"  # the passages are shown, no word of the answer yet
    STREAMING = "streaming"
    FINISHED = "finished"
    NOT_FOUND = "not_found"
    STOPPED = "stopped"
    FAILED = "failed"


WORKING = frozenset({Phase.SEARCHING, Phase.READING, Phase.STREAMING})


@dataclass(slots=True, eq=False)
class ShownTurn:
    """One turn. `stored` is what the library keeps; the rest is what has arrived so far."""

    library: str
    stored: Turn
    phase: Phase = Phase.SEARCHING
    text: str = ""
    passages: tuple[Passage, ...] = ()
    search_notices: tuple[Message, ...] = ()
    quote: Quote | None = None
    failure: Failed | None = None
    passages_expanded: bool = False
    checks_expanded: bool = False

    @classmethod
    def from_stored(cls, library: str, stored: Turn) -> ShownTurn:
        turn = cls(library, stored)
        turn.settle()
        return turn

    @property
    def question(self) -> str:
        return self.stored.question

    @property
    def answer(self) -> Answer | None:
        return self.stored.answer

    @property
    def is_working(self) -> bool:
        return self.phase in WORKING

    @property
    def citations(self) -> tuple[Citation, ...]:
        return self.stored.answer.citations if self.stored.answer else ()

    def settle(self) -> None:
        """Take passages, quote, text, notices and phase from what is stored."""
        answer = self.stored.answer
        self.search_notices = self.stored.notices
        if answer is not None:
            self.passages, self.quote, self.text = answer.passages, answer.quote, answer.text
        if self.stored.problem:
            self.phase = Phase.FAILED
            self.failure = self.failure or Failed("user", self.stored.problem)
        elif self.stored.stopped or answer is None:
            self.phase = Phase.STOPPED
        else:
            self.phase = Phase.NOT_FOUND if answer.not_found else Phase.FINISHED

    def restart(self) -> None:
        """Forget the answer; the question stands."""
        self.stored = replace(self.stored, answer=None, problem=NOTHING, stopped=False, feedback="", notices=())
        self.phase, self.text, self.passages, self.search_notices = Phase.SEARCHING, "", (), ()
        self.quote = self.failure = None


@dataclass(slots=True, eq=False)
class ConversationPlace:
    """Where turns belong: `conversation_id` is 0 until the conversation has been created."""

    library: str
    conversation_id: int = 0
    title: str = ""
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What an empty conversation offers."""

    documents: int = 0
    questions: tuple[str, ...] = field(default_factory=tuple)


class ConversationModel(QObject):
    """The turns of the conversation on the screen, in order."""

    was_reset = Signal()
    turns_added = Signal(int, int)  # first, count
    turns_removed = Signal(int)  # everything from this index on
    turn_changed = Signal(object)  # ShownTurn
    text_streamed = Signal(object)  # ShownTurn
    working_changed = Signal(bool)
    suggestions_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.turns: list[ShownTurn] = []
        self.place = ConversationPlace("")
        self.suggestions = Suggestions()
        self._is_working = False

    @property
    def is_working(self) -> bool:
        """Whether a question of this conversation is being answered."""
        return self._is_working

    @property
    def library(self) -> str:
        return self.place.library

    def open(self, place: ConversationPlace) -> None:
        """Show another (or a new) conversation, still without turns."""
        self.place = place
        self.turns = []
        self.was_reset.emit()
        self._tell_working()

    def load(self, stored: Sequence[Turn], living: Sequence[ShownTurn] = ()) -> None:
        """Append a piece of a stored conversation; a turn that is being answered keeps its living self."""
        by_id = {turn.stored.turn_id: turn for turn in living if turn.stored.turn_id}
        shown = [by_id.get(turn.turn_id) or ShownTurn.from_stored(self.library, turn) for turn in stored]
        self._append(shown)

    def add(self, turn: ShownTurn) -> None:
        self._append([turn])

    def remove_from(self, turn: ShownTurn) -> list[ShownTurn]:
        """Take away `turn` and everything after it."""
        first = self.turns.index(turn)
        removed, self.turns = self.turns[first:], self.turns[:first]
        self.turns_removed.emit(first)
        self._tell_working()
        return removed

    def tell_changed(self, turn: ShownTurn) -> None:
        """To be called after a turn's fields were set; silent for a turn that is not on the screen."""
        if turn in self.turns:
            self.turn_changed.emit(turn)
            self._tell_working()

    def tell_streamed(self, turn: ShownTurn) -> None:
        """Only `text` has grown."""
        if turn in self.turns:
            self.text_streamed.emit(turn)

    def set_suggestions(self, documents: int, questions: Sequence[str] = ()) -> None:
        """How many documents can be asked, and up to four questions to begin with."""
        self.suggestions = Suggestions(documents, tuple(questions[:4]))
        self.suggestions_changed.emit()

    def questions(self) -> list[str]:
        """What was asked, oldest first: for recalling with the Up key."""
        return [turn.question for turn in self.turns]

    def history_before(self, turn: ShownTurn | None = None) -> tuple[ChatMessage, ...]:
        """What a follow-up question may lean on: earlier questions and answers, without markers."""
        earlier = self.turns[: self.turns.index(turn)] if turn in self.turns else self.turns
        messages: list[ChatMessage] = []
        for each in earlier[-HISTORY_MESSAGES:]:
            if each.answer is not None and each.phase in (Phase.FINISHED, Phase.NOT_FOUND):
                messages.append(ChatMessage("user", each.question))
                messages.append(ChatMessage("assistant", without_markers(each.answer.text)))
        return tuple(messages[-HISTORY_MESSAGES:])

    def _append(self, turns: list[ShownTurn]) -> None:
        if not turns:
            return
        first = len(self.turns)
        self.turns = [*self.turns, *turns]
        self.turns_added.emit(first, len(turns))
        self._tell_working()

    def _tell_working(self) -> None:
        working = any(turn.is_working for turn in self.turns)
        if working != self._is_working:
            self._is_working = working
            self.working_changed.emit(working)


def without_markers(text: str) -> str:
    return _MARKER.sub("", text)


def new_turn(library: str, question: str, asked_ns: int, filters: Filters) -> ShownTurn:
    return ShownTurn(library, Turn(0, question, asked_ns, filters=filters))
