"""What the bottom bar and the folders panel show of adding documents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

Stage = Literal["waiting", "scan", "read", "embed"]
Reach = Literal["here", "away", "empty"]
_FRAME_MS = 33


@dataclass(frozen=True, slots=True)
class IndexingStatus:
    """One moment of adding. `library` is named where it is not the one on the screen; `waiting` more follow."""

    stage: Stage
    done: int = 0
    total: int | None = None
    detail: str = ""
    library: str = ""
    waiting: int = 0
    paused: bool = False
    stopping: bool = False
    seconds_left: float | None = None


class IndexingModel(QObject):
    """`status` is None while nothing is being added. `changed` comes at most thirty times a second."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.status: IndexingStatus | None = None
        self._shown: IndexingStatus | None = None
        self._frame = QTimer(self, singleShot=True, interval=_FRAME_MS)
        self._frame.timeout.connect(self._tell)

    def show(self, status: IndexingStatus | None) -> None:
        starts_or_ends = (status is None) != (self._shown is None)
        self.status = status
        if starts_or_ends:
            self._frame.stop()
            self._tell()
        elif not self._frame.isActive():
            self._frame.start()

    def shutdown(self) -> None:
        """Nothing more is told."""
        self._frame.stop()

    def _tell(self) -> None:
        if self.status != self._shown:
            self._shown = self.status
            self.changed.emit()


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """A folder that was added. `reach`: "away" when it cannot be opened, "empty" when nothing is left in it.

    `left_out` of its files the person removed from the library.
    """

    path: Path
    in_sync: bool
    documents: int = 0
    reach: Reach = "here"
    left_out: int = 0


class FoldersModel(QObject):
    """The folders of the library on the screen."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folders: tuple[FolderStatus, ...] = ()

    def show(self, folders: tuple[FolderStatus, ...]) -> None:
        if folders != self.folders:
            self.folders = folders
            self.changed.emit()
