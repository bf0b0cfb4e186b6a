"""Where added files go: into the library on the screen, or into one that is made for them.

What was given and is not read yet is remembered, so that it goes on after the window was closed in the middle. (Folders
that are followed are looked at anyway; single files are known to nobody else.)
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.documents.indexing_controller import IndexingController
from app.kit.notices import Notice
from app.kit.text import tr
from app.libraries.libraries_controller import LibrariesController


class AddingController(QObject):
    """`begun` carries the library's name; `refused` says that its library could not be made (a notice says why).

    `unfinished_changed` carries what to give to `resume` at the next start.
    """

    begun = Signal(str)
    refused = Signal(str)
    unfinished_changed = Signal(str)
    noticed = Signal(object)

    def __init__(
        self, libraries: LibrariesController, indexing: IndexingController, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._libraries = libraries
        self._indexing = indexing
        self._is_loaded = False
        self._waiting: deque[tuple[str, tuple[Path, ...]]] = deque()
        self._making = ""
        self._unfinished: dict[str, list[str]] = {}
        self._interrupted: dict[str, list[str]] = {}
        indexing.model.changed.connect(self._on_indexing)
        libraries.loaded.connect(self._on_loaded)
        libraries.library_chosen.connect(self._take_up_soon)
        libraries.library_chosen.connect(self._go_on_soon)
        libraries.name_refused.connect(self._on_refused)
        libraries.library_renamed.connect(self._rename)
        libraries.library_deleted.connect(self._forget)

    def add(self, paths: Sequence[Path]) -> None:
        """To the library on the screen; the first one of all is made."""
        self.add_to("", paths)

    def add_to(self, library: str, paths: Sequence[Path]) -> None:
        """To the library of this name, which is made when it is not there, and shown."""
        self._waiting.append((library, tuple(paths)))
        if self._is_loaded:
            self._go_on()

    def resume(self, unfinished: str) -> None:
        """What an earlier window left unfinished goes on when its library is on the screen."""
        try:
            stored = json.loads(unfinished or "{}")
        except ValueError:
            return
        if isinstance(stored, dict):
            self._interrupted = {name: list(map(str, paths)) for name, paths in stored.items() if _are_paths(paths)}

    def _on_loaded(self) -> None:
        if not self._is_loaded:
            self._is_loaded = True
            self._go_on_soon()

    def _go_on_soon(self) -> None:
        """When everybody knows which library is on the screen."""
        QTimer.singleShot(0, self, self._go_on)

    def _go_on(self) -> None:
        if not self._waiting:
            return
        library, paths = self._waiting[0]
        library = library or self._libraries.chosen or tr("My documents")
        self._waiting[0] = (library, paths)
        if self._indexing.library == library:
            self._waiting.popleft()
            self._making = ""
            self._begin(library, paths)
            self._go_on_soon()
        elif self._libraries.model.info(library) is None:
            if self._making != library:
                self._making = library
                self._libraries.create(library)
        else:
            self._choose(library)

    def _choose(self, library: str) -> None:
        if self._libraries.chosen != library:
            self._libraries.choose(library)
        if self._libraries.chosen != library:
            self._give_up()  # it cannot be opened, and that has been said

    def _begin(self, library: str, paths: Sequence[Path]) -> None:
        known = self._unfinished.setdefault(library, [])
        known += [str(path) for path in paths if str(path) not in known]
        self._tell_unfinished()
        self._indexing.add(paths)
        self.begun.emit(library)

    def _on_indexing(self) -> None:
        """What is neither read nor waits any more is read, or the person stopped it."""
        over = [library for library in self._unfinished if not self._indexing.has_work(library)]
        for library in over:
            del self._unfinished[library]
        if over:
            self._tell_unfinished()

    def _rename(self, library: str, new_name: str) -> None:
        for kept in (self._unfinished, self._interrupted):
            if library in kept:
                kept[new_name] = kept.pop(library)
        self._tell_unfinished()

    def _forget(self, library: str) -> None:
        for kept in (self._unfinished, self._interrupted):
            kept.pop(library, None)
        self._tell_unfinished()

    def _tell_unfinished(self) -> None:
        self.unfinished_changed.emit(json.dumps(self._unfinished | self._interrupted))

    def _take_up_soon(self, library: str) -> None:
        if library in self._interrupted:
            QTimer.singleShot(0, self, lambda: self._take_up(library))

    def _take_up(self, library: str) -> None:
        if self._indexing.library == library and library in self._interrupted:
            self.noticed.emit(Notice("info", tr("Reading your documents goes on where it stopped.")))
            self._begin(library, [Path(path) for path in self._interrupted.pop(library)])

    def _on_refused(self) -> None:
        """Somebody else's bad name costs nobody their files."""
        if self._making:
            self._give_up()

    def _give_up(self) -> None:
        self._making = ""
        if self._waiting:
            library, _ = self._waiting.popleft()
            self.refused.emit(library)
            self._go_on_soon()


def _are_paths(stored: object) -> bool:
    return isinstance(stored, list) and bool(stored) and all(isinstance(path, str) for path in stored)
