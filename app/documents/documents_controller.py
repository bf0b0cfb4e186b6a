"""The documents of the library on the screen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.documents.documents_model import DocumentsModel
from app.documents.indexing_controller import IndexingController
from app.engine.controller import Controller
from app.engine.jobs import EngineLink, JobHandle
from app.kit.open_file import FileOpener
from rag_core.host.events import Failed
from rag_core.host.jobs import ListDocuments

_COUNT_MS = 300


class DocumentsController(Controller):
    """Lists the documents once, then follows what is added and removed; the folders get their counts in return."""

    def __init__(self, engine: EngineLink, indexing: IndexingController, parent: QObject | None = None) -> None:
        super().__init__(engine, parent)
        self._indexing = indexing
        self.library = ""
        self.model = DocumentsModel(self)
        self._listing: JobHandle | None = None
        self._is_stale = False
        self._opener = FileOpener(self)
        self._opener.noticed.connect(self.noticed)
        self._count_soon = QTimer(self, singleShot=True, interval=_COUNT_MS)
        self._count_soon.timeout.connect(self._count_folders)
        self.model.settled.connect(self._note_change)
        indexing.payload_received.connect(self.receive)
        indexing.documents_removed.connect(self._take_out)
        indexing.work_ended.connect(self._tidy)
        indexing.folders.model.changed.connect(self._note_change)

    def shutdown(self) -> None:
        self._count_soon.stop()

    def set_library(self, name: str) -> None:
        self.library = name
        self.model.clear()
        if self._listing is not None:
            self._listing.cancel()
            self._listing = None
        if name:
            self.refresh()

    def refresh(self) -> None:
        """Read the list again; rows that stay keep their place and selection."""
        if self._listing is not None:
            self._is_stale = True
            return
        listing = self._job(ListDocuments(self.library), lambda _count: self._listed(listing), self._not_listed)
        self._listing = listing
        self._is_stale = False
        self.model.begin_listing()
        listing.event_received.connect(lambda piece: self._take_piece(listing, piece))
        listing.ended.connect(lambda: self._listing_ended(listing))
        listing.start()

    def reread(self, library: str) -> None:
        """All documents of the library on the screen, after its chunk size was changed."""
        paths: list[str] = []
        listing = self._job(ListDocuments(library), lambda _count: self._reread(library, paths))
        listing.event_received.connect(lambda piece: paths.extend(document.path for document in piece.documents))
        listing.start()

    def receive(self, library: str, payload: object) -> None:
        if library == self.library:
            self.model.receive(payload)

    def show_in_folder(self, path: str) -> None:
        self._opener.show_in_folder(Path(path))

    def _reread(self, library: str, paths: list[str]) -> None:
        if self._indexing.library == library:
            self._indexing.reread(paths)

    def _take_piece(self, listing: JobHandle, piece: object) -> None:
        if listing is self._listing:
            self.model.receive(piece)

    def _listed(self, listing: JobHandle) -> None:
        if listing is self._listing:
            self.model.end_listing()

    def _not_listed(self, failure: Failed) -> None:
        self.model.is_loading = False
        self._tell(failure)

    def _listing_ended(self, listing: JobHandle) -> None:
        if listing is not self._listing:
            return
        self._listing = None
        if self._is_stale:
            self.refresh()

    def _take_out(self, library: str, paths: tuple[str, ...]) -> None:
        if library == self.library:
            self.model.remove_paths(paths)

    def _tidy(self, library: str, must_list: bool) -> None:
        if library == self.library:
            self.model.drop_unfinished()
            if must_list:
                self.refresh()

    def _note_change(self) -> None:
        if not self._count_soon.isActive():
            self._count_soon.start()

    def _count_folders(self) -> None:
        folders = self._indexing.folders
        if folders.model.folders and self._indexing.library == self.library:
            folders.set_counts(self.model.count_below([folder.path for folder in folders.model.folders]))
