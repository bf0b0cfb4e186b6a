"""A lock between processes: one of the operating system, on a small file.

It vanishes with its process, however that ends, so a crash never leaves a stale lock.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

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


class FileLock:
    """Held from a successful `acquire` to `release`. Raises OSError where the file cannot be made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """False when another process, or this one, holds it."""
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if _try_lock(self._descriptor):
            return True
        self.release()
        return False

    def release(self) -> None:
        """Safe to call twice. Closing the file ends the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
