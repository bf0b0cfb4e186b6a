"""All documents of a library are read again: after its chunk size was changed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.documents.indexing_controller import IndexingController
from app.engine.jobs import EngineLink
from app.kit.notices import notice_of
from rag_core.host.events import DocumentsListed, Failed
from rag_core.host.jobs import ListDocuments


class RereadingController(QObject):
    """Only for the library on the screen."""

    noticed = Signal(object)

    def __init__(self, engine: EngineLink, indexing: IndexingController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._indexing = indexing

    def reread(self, library: str) -> None:
        paths: list[Path] = []
        listing = self._engine.job(ListDocuments(library))
        listing.event_received.connect(lambda piece: paths.extend(_paths_of(piece)))
        listing.finished.connect(lambda _: self._go_on(library, paths))
        listing.failed.connect(self._tell)
        listing.start()

    def _go_on(self, library: str, paths: list[Path]) -> None:
        if paths and self._indexing.library == library:
            self._indexing.reread(paths)

    def _tell(self, failure: Failed) -> None:
        self.noticed.emit(notice_of(failure))


def _paths_of(piece: object) -> list[Path]:
    return [Path(document.path) for document in piece.documents] if isinstance(piece, DocumentsListed) else []
