"""What the desk does for each of its jobs: short reads for the screen, and the conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from rag_core.errors import PackCorrupt, PackMissing
from rag_core.host import jobs
from rag_core.host.events import DocumentsListed, SilenceReport, TurnsListed
from rag_core.host.jobs import Job
from rag_core.host.lane import Work
from rag_core.host.shelf import Shelf
from rag_core.library import listing
from rag_core.library.library import Library
from rag_core.paths import DataDir
from rag_core.progress import CancelToken
from rag_core.settings import Settings

if TYPE_CHECKING:
    from rag_core.index.records import Identity

Item = TypeVar("Item")

# Large enough to be few, small enough that a window takes a piece in within one frame.
_DOCUMENTS_PER_PIECE = 500
_TURNS_PER_PIECE = 50


@dataclass(slots=True)
class DeskWork:
    """`report_silence` says what the process knows of its network use."""

    data_dir: DataDir
    shelf: Shelf
    report_silence: Callable[[], SilenceReport]

    def begin(self, job: Job, _token: CancelToken) -> Work:
        """The work of a job of the desk's lane; nothing is done before its first step."""
        match job:
            case jobs.ListDocuments():
                return self._list_documents(job)
            case jobs.LoadTurns():
                return self._load_turns(job)
        return self._at_once(job)

    def _at_once(self, job: Job) -> Work:
        yield from ()
        match job:
            case jobs.ListLibraries():
                return listing.list_libraries(self.data_dir, self._identity())
            case jobs.CreateLibrary():
                return listing.create_library(self.data_dir, job.name)
            case jobs.LoadLibrarySettings():
                return Library(self.data_dir, job.library).load_settings()
            case jobs.LoadSettings():
                return Settings.load(self.data_dir.settings_file)
            case jobs.ListPacks():
                return self._list_packs()
            case jobs.ProveSilence():
                return self.report_silence()
            case jobs.ListPages() | jobs.LoadPage() | jobs.FindInDocument():
                return self._read(job)
            case jobs.ExportConversation():
                return self._export(job)
            case jobs.ConversationJob():
                return self._converse(job)
        raise TypeError(f"{type(job).__name__} is no job of the desk")

    def _identity(self) -> Identity | None:
        """What would make vectors now, to tell which libraries something else has made; None: nothing is installed."""
        if not self.data_dir.libraries.is_dir():
            return None
        from rag_core.library.identity import identity_of
        from rag_core.runtime.pack import find_pack

        chosen = Settings.in_use(self.data_dir.settings_file).embedder
        try:
            return identity_of(find_pack(self.data_dir.packs, "embedder", chosen or None))
        except (PackMissing, PackCorrupt):
            return None

    def _list_packs(self) -> object:
        from rag_core.host import packs

        return packs.installed(self.data_dir, Settings.in_use(self.data_dir.settings_file))

    def _read(self, job: jobs.ListPages | jobs.LoadPage | jobs.FindInDocument) -> object:
        with self.shelf.library(job.library) as library:
            store = library.store
            match job:
                case jobs.ListPages():
                    return tuple(store.page_infos(job.document_id))
                case jobs.LoadPage():
                    return store.page(job.document_id, job.number)
                case jobs.FindInDocument():
                    return tuple(store.find_text(job.document_id, job.text))

    def _list_documents(self, job: jobs.ListDocuments) -> Work:
        with self.shelf.library(job.library) as library:
            documents = library.store.documents()
        for piece in _pieces(documents, _DOCUMENTS_PER_PIECE):
            yield DocumentsListed(piece)
        return len(documents)

    def _load_turns(self, job: jobs.LoadTurns) -> Work:
        with self.shelf.library(job.library) as library:
            turns = list(library.conversations.turns(job.conversation_id))
        for piece in _pieces(turns, _TURNS_PER_PIECE):
            yield TurnsListed(piece)
        return len(turns)

    def _converse(self, job: jobs.ConversationJob) -> object:
        with self.shelf.library(job.library) as library:
            if isinstance(job, jobs.ListConversations) and not library.has_conversations:
                return ()
            store = library.conversations
            match job:
                case jobs.ListConversations():
                    return store.list(job.query)
                case jobs.CreateConversation():
                    return store.create(job.title)
                case jobs.SaveTurn():
                    return store.save_turn(job.conversation_id, job.turn)
                case jobs.RenameConversation():
                    store.rename(job.conversation_id, job.title)
                case jobs.DeleteConversation():
                    store.delete(job.conversation_id)
                case jobs.DeleteTurns():
                    store.delete_turns(job.conversation_id, job.turn_id)
                case jobs.SetFeedback():
                    store.set_feedback(job.turn_id, job.feedback)
        return None

    def _export(self, job: jobs.ExportConversation) -> object:
        from rag_core.conversations.export import export_conversation

        with self.shelf.library(job.library) as library:
            title = library.conversations.conversation(job.conversation_id).title
            turns = list(library.conversations.turns(job.conversation_id))
        return export_conversation(title, turns, job.target)


def _pieces(items: Sequence[Item], size: int) -> Iterator[tuple[Item, ...]]:
    rest = iter(items)
    while piece := tuple(islice(rest, size)):
        yield piece
