"""The documents of a library, and how they get into it, made and connected."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.documents.documents_controller import DocumentsController
from app.documents.documents_page import DocumentsPage
from app.documents.folder_watch import FolderWatch
from app.documents.indexing_bar import IndexingBar
from app.documents.indexing_controller import IndexingController
from app.engine.feature import Feature
from app.engine.jobs import EngineLink


class DocumentsFeature(Feature):
    """`problems_shown`: the person wants to see what could not be read.

    What the page is given (`page.paths_given`) goes where all files go, and comes back through `indexing.add`.
    """

    problems_shown = Signal(str)

    def __init__(self, engine: EngineLink, watch: FolderWatch | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.indexing = IndexingController(engine, self, watch)
        self.documents = DocumentsController(engine, self.indexing, self)
        self.page = DocumentsPage(self.documents.model, self.indexing.folders.model)
        self.bar = IndexingBar(self.indexing.model)
        self._look_after(self.indexing, self.documents)
        self._connect_page()
        self.bar.pause_requested.connect(self.indexing.pause)
        self.bar.resume_requested.connect(self.indexing.resume)
        self.bar.cancel_requested.connect(self.indexing.cancel)
        self.indexing.problems_shown.connect(self.problems_shown)
        self.indexing.problems_shown.connect(self.page.show_failed)

    def set_library(self, name: str) -> None:
        for part in (self.indexing, self.documents, self.page):
            part.set_library(name)

    def _connect_page(self) -> None:
        page, indexing, folders = self.page, self.indexing, self.indexing.folders
        page.retry_requested.connect(indexing.retry)
        page.reread_requested.connect(indexing.reread)
        page.removal_confirmed.connect(indexing.remove)
        page.location_requested.connect(self.documents.show_in_folder)
        page.folders.sync_changed.connect(folders.set_in_sync)
        page.folders.sync_requested.connect(indexing.sync_now)
        page.folders.taking_in_requested.connect(indexing.take_in_again)
        page.folders.removal_confirmed.connect(indexing.remove_folder)
