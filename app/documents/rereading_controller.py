"""All documents of a library are read again: after its chunk size was changed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from app.documents.indexing_controller import IndexingController
from app.engine.controller import Controller
from app.engine.jobs import EngineLink
from rag_core.host.events import DocumentsListed
from rag_core.host.jobs import ListDocuments


class RereadingController(Controller):
    """Only for the library on the screen."""

    def __init__(self, engine: EngineLink, indexing: IndexingController, parent: QObject | None = None) -> None:
        super().__init__(engine, parent)
        self._indexing = indexing

    def reread(self, library: str) -> None:
        paths: list[Path] = []
        listing = self._job(ListDocuments(library), lambda _: self._go_on(library, paths))
        listing.event_received.connect(lambda piece: paths.extend(_paths_of(piece)))
        listing.start()

    def _go_on(self, library: str, paths: list[Path]) -> None:
        if paths and self._indexing.library == library:
            self._indexing.reread(paths)


def _paths_of(piece: object) -> list[Path]:
    return [Path(document.path) for document in piece.documents] if isinstance(piece, DocumentsListed) else []
