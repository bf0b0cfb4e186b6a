"""Which page stands in the middle: the start page while there is nothing to ask, else what the person chose."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from PySide6.QtCore import QObject, Signal

from rag_core.library.records import LibraryInfo

PageName = Literal["start", "conversation", "documents"]


class PagesController(QObject):
    """`page_changed` carries the page's name."""

    page_changed = Signal(str)

    def __init__(self, first_page: PageName = "start", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._chosen: PageName | None = None
        self._is_ready = first_page != "start"  # until somebody knows better
        self._has_documents = first_page != "start"
        self.page: PageName = first_page

    def note_setup(self, is_ready: bool) -> None:
        """Whether the models are there."""
        self._is_ready = is_ready
        self._show()

    def note_libraries(self, infos: Iterable[LibraryInfo]) -> None:
        self._has_documents = any(info.documents or info.failed or info.pending for info in infos)
        self._show()

    def show_conversation(self) -> None:
        self._choose("conversation")

    def show_documents(self) -> None:
        self._choose("documents")

    def leave_start(self) -> None:
        """Documents were given: the conversation is where they are asked."""
        if self.page == "start" and self._is_ready:
            self._choose("conversation")

    def begin_asking(self) -> None:
        """For a new question; without models the start page is where they come from."""
        self._choose("conversation" if self._is_ready else None)

    def toggle_documents(self) -> None:
        self._choose(None if self.page == "documents" else "documents")

    def _choose(self, page: PageName | None) -> None:
        self._chosen = page
        self._show()

    def _show(self) -> None:
        fitting: PageName = "conversation" if self._is_ready and self._has_documents else "start"
        page = self._chosen or fitting
        if page != self.page:
            self.page = page
            self.page_changed.emit(page)
