"""One window per data folder: a second start raises the first one and ends.

A lock file tells who is first; it is taken over when its process is gone. A second start leaves a small file in a
folder that the first one watches, and waits until it has been taken: so no network, and no pipe.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QLockFile, QObject, Signal

LOCK = "window.lock"
REQUESTS = "window-requests"
_POLL_S = 0.05


class SingleInstance(QObject):
    """`is_first` says whether this process holds the data folder; `raise_requested` comes from a second start."""

    raise_requested = Signal()

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._requests = folder / REQUESTS
        self._lock = QLockFile(str(folder / LOCK))
        self._lock.setStaleLockTime(0)  # an old lock is not a dead one; whether its process lives is what counts
        self.is_first = self._lock.tryLock(0)
        self._watcher: QFileSystemWatcher | None = None

    def watch(self) -> None:
        """From now on a second start is heard; one that has asked already is content, the window is there."""
        self._requests.mkdir(exist_ok=True)
        self._watcher = QFileSystemWatcher([str(self._requests)], self)
        self._watcher.directoryChanged.connect(self._on_changed)
        self._take()

    def ask_first_to_show(self, timeout_s: float = 3.0) -> bool:
        """Whether the first window took the request in time."""
        self._requests.mkdir(exist_ok=True)
        request = self._requests / str(os.getpid())
        request.touch()
        until = time.monotonic() + timeout_s
        while request.exists() and time.monotonic() < until:
            time.sleep(_POLL_S)
        is_taken = not request.exists()
        request.unlink(missing_ok=True)
        return is_taken

    def shutdown(self) -> None:
        if self._watcher is not None:
            self._watcher.deleteLater()
            self._watcher = None
        if self.is_first:
            self._lock.unlock()
            self.is_first = False

    def _on_changed(self) -> None:
        if self._take():
            self.raise_requested.emit()

    def _take(self) -> bool:
        try:
            found = list(self._requests.iterdir())
            for request in found:
                request.unlink(missing_ok=True)
        except OSError:  # the drive of the data folder is away: nobody can ask from there
            return False
        return bool(found)
