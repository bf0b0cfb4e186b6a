"""Notices changes below the folders that a library follows.

The system tells of files that come and go in a watched folder; what it does not tell (a file written in place, a
network drive, a tree of thousands of folders) is found by looking again when the window is used. All looking happens
on a thread: a drive that is away can take seconds to say so.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QFileSystemWatcher, QObject, QStorageInfo, QTimer, Signal

from app.documents.indexing_model import Reach
from app.kit.background import Background
from rag_core.paths import is_inside

Folders = tuple[Path, ...]
MOST_WATCHED = 300  # folders; a system's handles are few
_QUIET_MS = 2_000  # nothing may change for so long before a folder is read again
_LONGEST_QUIET_MS = 10_000  # a folder in which something always changes is read all the same
_LOOK_AGAIN_MS = 5 * 60 * 1000
_NETWORK = ("nfs", "cifs", "smb", "9p", "fuse.sshfs", "davfs", "afpfs", "webdav", "drvfs")


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found: how each folder can be reached, and what may be watched below it."""

    round: int
    reach: tuple[tuple[Path, Reach], ...]
    watched: tuple[str, ...]


class FolderWatch(QObject):
    """`folder_changed` comes once things are quiet; `reach_told` says of every folder whether it can be opened.

    Every round of looking emits `folder_changed` for folders that are there and not empty: reading a folder that has
    not changed costs next to nothing, and finds what nobody reported. A folder that is away or suddenly empty (an
    unmounted drive leaves an empty one) is never reported as changed, so nothing is removed because of it.
    """

    folder_changed = Signal(Path)
    reach_told = Signal(Path, str)

    def __init__(self, parent: QObject | None = None, quiet_ms: int = _QUIET_MS) -> None:
        super().__init__(parent)
        self._folders: tuple[Path, ...] = ()
        self._round = 0
        self._report_all = False
        self._background = Background(self)
        self._since = QElapsedTimer()
        self._first_change = QElapsedTimer()
        self._watcher = QFileSystemWatcher(self)
        self._watcher.directoryChanged.connect(self._note)
        self._changed: set[Path] = set()
        self._quiet = QTimer(self, singleShot=True, interval=quiet_ms)
        self._quiet.timeout.connect(self._look_at_changed)

    def set_folders(self, folders: Sequence[Path]) -> None:
        """Follow these and no others; all of them are looked at now."""
        if tuple(folders) == self._folders:
            return
        self._folders = tuple(folders)
        self._forget_watches()
        self._changed.clear()
        self._quiet.stop()
        self.look()

    def look(self) -> None:
        """Look at every folder now."""
        self._round += 1
        self._since.start()
        if self._folders:
            self._report_all = True
            self._start(self._round)

    def window_activated(self) -> None:
        """The person came back to the window: look again, at most every five minutes."""
        if not self._since.isValid() or self._since.elapsed() >= _LOOK_AGAIN_MS:
            self.look()

    def find_folders(self, paths: Sequence[Path], found: Callable[[Folders], object]) -> None:
        """`found` is called with those of `paths` that are folders; asking a drive can take long."""
        # `Path.is_dir` raises for a drive that is away
        self._background.run(lambda: tuple(path for path in paths if os.path.isdir(path)), found)  # noqa: PTH112

    def shutdown(self) -> None:
        """No signal follows."""
        self._round += 1
        self._folders = ()
        self._quiet.stop()
        self._forget_watches()
        self._background.shutdown()

    def _forget_watches(self) -> None:
        watched = self._watcher.directories()
        if watched:
            self._watcher.removePaths(watched)

    def _note(self, path: str) -> None:
        self._changed.update(folder for folder in self._folders if is_inside(path, str(folder)))
        if not self._quiet.isActive():
            self._first_change.start()
        if not self._quiet.isActive() or self._first_change.elapsed() < _LONGEST_QUIET_MS:
            self._quiet.start()

    def _look_at_changed(self) -> None:
        self._round += 1
        self._start(self._round)

    def _start(self, round_number: int) -> None:
        folders = self._folders
        self._background.run(lambda: look_at(round_number, folders), self._apply)

    def _apply(self, looked: Looked) -> None:
        if looked.round != self._round:
            return
        wanted, present = set(looked.watched), set(self._watcher.directories())
        if present - wanted:
            self._watcher.removePaths(sorted(present - wanted))
        if wanted - present:
            self._watcher.addPaths(sorted(wanted - present))
        report_all, self._report_all = self._report_all, False
        changed, self._changed = self._changed, set()
        for folder, reach in looked.reach:
            self.reach_told.emit(folder, reach)
            if reach == "here" and (report_all or folder in changed):
                self.folder_changed.emit(folder)


def look_at(round_number: int, folders: Sequence[Path]) -> Looked:
    """Runs on a thread. Network drives are looked at, never watched: the system would not tell, or would wait."""
    reach: list[tuple[Path, Reach]] = []
    watched: list[str] = []
    for folder in folders:
        found = _reach(folder)
        reach.append((folder, found))
        if found == "here" and not _is_on_network(folder):
            room = (MOST_WATCHED - len(watched)) // max(1, len(folders) - len(reach) + 1)
            watched += _with_subfolders(folder, room)
    return Looked(round_number, tuple(reach), tuple(watched))


def _reach(folder: Path) -> Reach:
    try:
        with os.scandir(folder) as entries:
            return "here" if next(entries, None) is not None else "empty"
    except OSError:
        return "away"


def _is_on_network(folder: Path) -> bool:
    if str(folder).startswith(("\\\\", "//")):
        return True
    kind = bytes(QStorageInfo(str(folder)).fileSystemType().data()).decode("ascii", "replace").lower()
    return kind.startswith(_NETWORK)


def _with_subfolders(root: Path, most: int) -> Iterator[str]:
    """The folder and those below it, nearest first."""
    pending, given = [str(root)], 0
    while pending and given < most:
        level, pending = pending, []
        for folder in level:
            if given == most:
                return
            yield folder
            given += 1
            try:
                with os.scandir(folder) as entries:
                    pending += [
                        entry.path
                        for entry in entries
                        if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
                    ]
            except OSError:
                continue  # it went away, or may not be read: the next round says so
