"""Keeps turns in the library, so that a crash loses nothing that was asked or answered.

A turn's first save gives it its number. Until the conversation and that number are there, later saves wait; only the
newest state is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from app.conversation.conversation_model import ConversationPlace, ShownTurn
from app.engine.controller import Controller
from app.engine.jobs import EngineLink
from rag_core.conversations.records import Conversation, Turn
from rag_core.host.jobs import CreateConversation, DeleteTurns, SaveTurn

TITLE_CHARACTERS = 60


@dataclass(slots=True, eq=False)
class _Entry:
    turn: ShownTurn
    place: ConversationPlace
    in_flight: bool = False
    changed: bool = True
    forgotten: bool = False


class TurnsController(Controller):
    """`keep` may be called at any time and in any state of the conversation."""

    conversation_created = Signal(int)
    conversation_updated = Signal(int)

    def __init__(self, engine: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(engine, parent)
        self._entries: dict[int, _Entry] = {}  # by id() of the turn, which the entry keeps alive
        self._creating: list[ConversationPlace] = []

    @property
    def unsaved(self) -> tuple[ShownTurn, ...]:
        return tuple(entry.turn for entry in self._entries.values() if not entry.forgotten)

    def keep(self, turn: ShownTurn, place: ConversationPlace) -> None:
        """Write the turn as it is now; its conversation is created with its first question."""
        if place.is_deleted:
            return
        entry = self._entries.setdefault(id(turn), _Entry(turn, place))
        entry.changed = True
        if place.conversation_id:
            self._save(entry)
        elif place not in self._creating:
            self._create(place, turn.question)

    def forget(self, turns: Sequence[ShownTurn], place: ConversationPlace) -> None:
        """These turns, the last of their conversation, were removed. A save under way is undone when it ends."""
        for turn in turns:
            entry = self._entries.get(id(turn))
            if entry is not None and entry.in_flight:
                entry.forgotten = True
            elif entry is not None:
                del self._entries[id(turn)]
        first = next((turn for turn in turns if turn.stored.turn_id), None)
        if first is not None:
            self.delete_from(first, place)

    def delete_from(self, turn: ShownTurn, place: ConversationPlace) -> None:
        """The stored turn and every later one; what waits to be saved is saved afterwards."""
        if turn.stored.turn_id:
            self._run(DeleteTurns(place.library, place.conversation_id, turn.stored.turn_id))
        self._save_all(place)

    def _create(self, place: ConversationPlace, question: str) -> None:
        self._creating.append(place)
        wanted = CreateConversation(place.library, title_from(question))
        job = self._job(wanted, lambda conversation: self._created(place, conversation))
        job.ended.connect(lambda: self._creating.remove(place))
        job.start()

    def _created(self, place: ConversationPlace, conversation: Conversation) -> None:
        place.conversation_id, place.title = conversation.conversation_id, conversation.title
        self.conversation_created.emit(conversation.conversation_id)
        self._save_all(place)

    def _save(self, entry: _Entry) -> None:
        if entry.in_flight or entry.forgotten or not entry.changed or not self._may_write(entry.place):
            return
        entry.in_flight, entry.changed = True, False
        wanted = SaveTurn(entry.place.library, entry.place.conversation_id, entry.turn.stored)
        job = self._job(wanted, lambda stored: self._saved(entry, stored))
        job.ended.connect(lambda: self._ended(entry))
        job.start()

    def _saved(self, entry: _Entry, stored: Turn) -> None:
        entry.turn.stored = replace(entry.turn.stored, turn_id=stored.turn_id)
        if not entry.forgotten:
            self.conversation_updated.emit(entry.place.conversation_id)

    def _ended(self, entry: _Entry) -> None:
        entry.in_flight = False
        if entry.forgotten:
            del self._entries[id(entry.turn)]
            self.delete_from(entry.turn, entry.place)
        elif entry.changed:
            self._save(entry)
        else:
            del self._entries[id(entry.turn)]

    def _may_write(self, place: ConversationPlace) -> bool:
        """Not while an earlier turn waits to be forgotten: what is saved now would be deleted together with it."""
        waits = any(entry.forgotten and entry.place is place for entry in self._entries.values())
        return not waits and not place.is_deleted

    def _save_all(self, place: ConversationPlace) -> None:
        for entry in list(self._entries.values()):
            if entry.place is place:
                self._save(entry)


def title_from(question: str) -> str:
    """A conversation's first title: its first question, at most 60 characters, cut between words."""
    title = " ".join(question.split())
    if len(title) <= TITLE_CHARACTERS:
        return title
    cut = title[: TITLE_CHARACTERS - 1]
    head, _, _ = cut.rpartition(" ")
    return (head if len(head) > TITLE_CHARACTERS // 2 else cut).rstrip(" ,;:") + "…"
