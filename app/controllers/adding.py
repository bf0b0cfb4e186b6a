"""Where added files go: into the library on the screen, or into one that is made for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.controllers.indexing import IndexingController
from app.controllers.libraries import LibrariesController
from app.text import tr


class AddingController(QObject):
    """`begun` carries the library's name; `refused` says that its library could not be made (a notice says why)."""

    begun = Signal(str)
    refused = Signal(str)

    def __init__(
        self, libraries: LibrariesController, indexing: IndexingController, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._libraries = libraries
        self._indexing = indexing
        self._is_loaded = False
        self._waiting: tuple[str, tuple[Path, ...]] | None = None
        libraries.loaded.connect(self._on_loaded)
        libraries.library_chosen.connect(self._go_on_soon)
        libraries.name_refused.connect(self._give_up)

    def add(self, paths: Sequence[Path]) -> None:
        """To the library on the screen; the first one of all is made."""
        self.add_to("", paths)

    def add_to(self, library: str, paths: Sequence[Path]) -> None:
        """To the library of this name, which is made when it is not there, and shown."""
        self._waiting = (library, tuple(paths))
        if self._is_loaded:
            self._go_on()

    def _on_loaded(self) -> None:
        if not self._is_loaded:
            self._is_loaded = True
            self._go_on_soon()

    def _go_on_soon(self) -> None:
        """When everybody knows which library is on the screen."""
        QTimer.singleShot(0, self, self._go_on)

    def _go_on(self) -> None:
        if self._waiting is None:
            return
        library, paths = self._waiting
        library = library or self._libraries.chosen or tr("My documents")
        if self._indexing.library == library:
            self._waiting = None
            self._indexing.add(paths)
            self.begun.emit(library)
            return
        self._waiting = (library, paths)
        if self._libraries.model.info(library) is None:
            self._libraries.create(library)
        elif self._libraries.chosen != library:
            self._libraries.choose(library)

    def _give_up(self) -> None:
        if self._waiting is not None:
            (library, _), self._waiting = self._waiting, None
            self.refused.emit(library)
