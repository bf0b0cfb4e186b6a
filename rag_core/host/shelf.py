"""The libraries that the desk has open: documents to read, conversations to read and write; closed when one moves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rag_core.library.library import Library
from rag_core.paths import DataDir


class Shelf:
    """One thread at a time has something from it in hand; `close_library` waits for that and may come from any."""

    def __init__(self, data_dir: DataDir) -> None:
        self._data_dir = data_dir
        self._lock = threading.RLock()
        self._libraries: dict[str, Library] = {}

    @contextmanager
    def library(self, name: str) -> Iterator[Library]:
        """Raises UserError when there is no such library."""
        with self._lock:
            if name not in self._libraries:
                self._libraries[name] = Library(self._data_dir, name, read_only=True).require()
            yield self._libraries[name]

    def close_library(self, name: str) -> None:
        """Its files are about to move or go."""
        with self._lock:
            if (opened := self._libraries.pop(name, None)) is not None:
                opened.close()

    def close(self) -> None:
        with self._lock:
            for name in [*self._libraries]:
                self.close_library(name)
