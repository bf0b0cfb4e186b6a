"""One writer per library, across processes.

A lock of the operating system on a small file: it vanishes with its process, however that ends, so a crash never
leaves a stale lock. Readers do not take it (SQLite's WAL lets them read beside a writer).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rag_core.errors import LibraryLocked

LOCK_FILE = "library.lock"

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class WriterLock:
    """Held from construction to `release`. Raises LibraryLocked when another process, or this one, holds it."""

    def __init__(self, folder: Path) -> None:
        self._descriptor: int | None = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        if not _try_lock(self._descriptor):
            self.release()
            raise LibraryLocked(
                f"Another program is changing the library in {folder}.",
                "Wait until it has finished, or close it, and try again. Searching and asking work meanwhile.",
            )

    def release(self) -> None:
        """Safe to call twice. Closing the file ends the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
