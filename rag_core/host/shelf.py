"""What the desk has open: libraries to read, conversations to read and write; closed when a library moves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rag_core.libraries import library_folder
from rag_core.paths import DataDir

if TYPE_CHECKING:
    from rag_core.conversations.store import ConversationStore
    from rag_core.index.store import Store


class Shelf:
    """One thread at a time has something from it in hand; `close_library` waits for that and may come from any."""

    def __init__(self, data_dir: DataDir) -> None:
        self._data_dir = data_dir
        self._lock = threading.RLock()
        self._stores: dict[str, Store] = {}
        self._conversations: dict[str, ConversationStore] = {}

    @contextmanager
    def store(self, library: str) -> Iterator[Store]:
        """Raises UserError when there is no such library."""
        with self._lock:
            if library not in self._stores:
                self._stores[library] = self._open_store(library)
            yield self._stores[library]

    @contextmanager
    def conversations(self, library: str) -> Iterator[ConversationStore]:
        """Raises UserError when there is no such library."""
        from rag_core.conversations.schema import CONVERSATIONS_FILE
        from rag_core.conversations.store import ConversationStore

        with self._lock:
            if library not in self._conversations:
                folder = library_folder(self._data_dir, library)
                self._conversations[library] = ConversationStore(folder / CONVERSATIONS_FILE)
            yield self._conversations[library]

    def has_conversations(self, library: str) -> bool:
        """Whether any were ever begun: to find none, nothing need be written. Raises UserError: no such library."""
        from rag_core.conversations.schema import CONVERSATIONS_FILE

        return (library_folder(self._data_dir, library) / CONVERSATIONS_FILE).is_file()

    def close_library(self, library: str) -> None:
        """Its files are about to move or go."""
        with self._lock:
            for opened in (self._stores.pop(library, None), self._conversations.pop(library, None)):
                if opened is not None:
                    opened.close()

    def close(self) -> None:
        with self._lock:
            for library in {*self._stores, *self._conversations}:
                self.close_library(library)

    def _open_store(self, library: str) -> Store:
        from rag_core.index.store import Store

        return Store.open(library_folder(self._data_dir, library), read_only=True)
