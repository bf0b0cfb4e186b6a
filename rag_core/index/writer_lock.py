"""One writer per library, across processes. Readers take no lock: SQLite's WAL lets them read beside a writer."""

from __future__ import annotations

from pathlib import Path

from rag_core.errors import LibraryLocked
from rag_core.storage.file_lock import FileLock

LOCK_FILE = "library.lock"


class WriterLock:
    """Held from construction to `release`. Raises LibraryLocked when another process, or this one, holds it."""

    def __init__(self, folder: Path) -> None:
        self._lock = FileLock(folder / LOCK_FILE)
        if not self._lock.acquire():
            raise LibraryLocked(
                f"Another program is changing the library in {folder}.",
                "Wait until it has finished, or close it, and try again. Searching and asking work meanwhile.",
            )

    def release(self) -> None:
        """Safe to call twice."""
        self._lock.release()
