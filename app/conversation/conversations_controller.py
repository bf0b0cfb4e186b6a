"""Conversations of the current library: listed, opened, renamed, deleted, exported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.conversation.conversation_list_model import ConversationListModel
from app.conversation.conversation_model import ConversationPlace
from app.conversation.export_pdf import write_pdf
from app.conversation.questions_controller import QuestionsController
from app.engine.controller import Controller
from app.engine.jobs import EngineLink, JobHandle
from app.kit.background import Background
from app.kit.notices import Notice
from app.kit.text import tr
from rag_core.conversations.records import Conversation, Turn
from rag_core.errors import UserError
from rag_core.host.events import Failed, TurnsListed
from rag_core.host.jobs import (
    DeleteConversation,
    ExportConversation,
    ListConversations,
    LoadTurns,
    RenameConversation,
)


class ConversationsController(Controller):
    """`opened` carries the conversation's number (0: a new one). A conversation is stored with its first question."""

    opened = Signal(int)
    exported = Signal(str)

    def __init__(self, engine: EngineLink, questions: QuestionsController, parent: QObject | None = None) -> None:
        super().__init__(engine, parent)
        self._questions = questions
        self.model = ConversationListModel(self)
        self.model.rename_requested.connect(self.rename)
        self.library = ""
        self._listing: JobHandle | None = None
        self._loading: JobHandle | None = None
        self._background = Background(self)
        questions.conversation_created.connect(self._created)
        questions.conversation_updated.connect(lambda _: self.refresh())

    def set_library(self, name: str) -> None:
        """Show this library's conversations, and a new conversation in it ("" for no library)."""
        self.library = name
        self.model.query = ""
        self.model.set_conversations(())
        self.new()
        self.refresh()

    def refresh(self) -> None:
        """List again; an older listing that is still under way is dropped."""
        if self._listing is not None:
            self._listing.cancel()
        if not self.library:
            return
        wanted = ListConversations(self.library, self.model.query)
        handle = self._listing = self._job(wanted, lambda found: self._listed(handle, found))
        handle.start()

    def search(self, query: str) -> None:
        """Titles, questions and answers."""
        self.model.query = query.strip()
        self.refresh()

    def new(self) -> None:
        """An empty conversation; nothing is stored before its first question."""
        self._show(ConversationPlace(self.library))

    def open(self, conversation_id: int) -> None:
        if conversation_id == self._questions.model.place.conversation_id != 0:
            self.opened.emit(conversation_id)
            return
        place = ConversationPlace(self.library, conversation_id, self.model.title_of(conversation_id))
        self._show(place)
        handle = self._loading = self._job(LoadTurns(self.library, conversation_id))
        handle.event_received.connect(lambda event: self._load(place, event))
        handle.start()

    def rename(self, conversation_id: int, title: str) -> None:
        self.model.set_title(conversation_id, title)
        if self._questions.model.place.conversation_id == conversation_id:
            self._questions.model.place.title = title
        self._start(RenameConversation(self.library, conversation_id, title), self.refresh)

    def delete(self, conversation_id: int) -> None:
        """For good; the widget asks first."""
        self._questions.forget_conversation(self.library, conversation_id)
        if self._questions.model.place.conversation_id == conversation_id:
            self.new()
        self._start(DeleteConversation(self.library, conversation_id), self.refresh)

    def export(self, path: Path, conversation_id: int = 0) -> None:
        """Write a conversation (by default the one on the screen) to .md, .docx or .pdf."""
        number = conversation_id or self._questions.model.place.conversation_id
        if not number:
            self.noticed.emit(Notice("info", tr("There is nothing to export yet."), tr("Ask a question first.")))
        elif path.suffix.lower() == ".pdf":
            self._export_pdf(path, number)
        else:
            self._start(ExportConversation(self.library, number, path), lambda: self._tell_exported(path))

    def shutdown(self) -> None:
        """Wait for a PDF that is being written: half a file would be worse than a second's wait."""
        self._background.shutdown(2.0)

    def _show(self, place: ConversationPlace) -> None:
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None
        self._questions.model.open(place)
        self.model.set_current(place.conversation_id)
        self.opened.emit(place.conversation_id)

    def _load(self, place: ConversationPlace, event: object) -> None:
        if isinstance(event, TurnsListed) and self._questions.model.place is place:
            self._questions.model.load(event.turns, self._questions.living)

    def _listed(self, handle: JobHandle, found: tuple[Conversation, ...]) -> None:
        if self._listing is handle:
            self.model.set_conversations(found)

    def _created(self, conversation_id: int) -> None:
        if self._questions.model.place.conversation_id == conversation_id:
            self.model.set_current(conversation_id)
        self.refresh()

    def _start(
        self, job: RenameConversation | DeleteConversation | ExportConversation, then: Callable[[], None]
    ) -> None:
        handle = self._job(job, lambda _: then())
        handle.failed.connect(lambda _: self.refresh())
        handle.start()

    def _export_pdf(self, path: Path, conversation_id: int) -> None:
        place = self._questions.model.place
        title = self.model.title_of(conversation_id) or place.title or tr("Conversation")
        turns: list[Turn] = []
        wanted = LoadTurns(self.library, conversation_id)
        handle = self._job(wanted, lambda _: self._write_pdf(path, title, tuple(turns)))
        handle.event_received.connect(lambda event: turns.extend(event.turns if isinstance(event, TurnsListed) else ()))
        handle.start()

    def _write_pdf(self, path: Path, title: str, turns: tuple[Turn, ...]) -> None:
        def work() -> Failed | None:
            try:
                write_pdf(path, title, turns)
            except UserError as error:
                return Failed("user", error.message, error.advice)
            return None

        def tell(failure: Failed | None) -> None:
            if failure is not None:
                self._tell(failure)
            else:
                self._tell_exported(path)

        self._background.run(work, tell)

    def _tell_exported(self, path: Path) -> None:
        self.exported.emit(str(path))
        self.noticed.emit(Notice("success", tr("Saved as {name}.", name=path.name), str(path.parent)))
