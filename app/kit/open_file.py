"""Opens a document outside: in the system's program for it, or its folder. Looks for the file on a thread of its own,
because a network drive that has gone answers after half a minute."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from app.kit.background import Background
from app.kit.notices import Notice
from app.kit.text import tr


class FileOpener(QObject):
    """`open` and `show_in_folder` answer at once; what went wrong comes as a notice."""

    noticed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = Background(self)

    def open(self, path: Path) -> None:
        self._look(path, launch)

    def show_in_folder(self, path: Path) -> None:
        self._look(path, reveal_in_folder)

    def _look(self, path: Path, opens: Callable[[Path], bool]) -> None:
        self._background.run(lambda: _is_there(path), lambda is_there: self._go_on(path, opens, is_there))

    def _go_on(self, path: Path, opens: Callable[[Path], bool], is_there: bool) -> None:
        if not is_there:
            self.noticed.emit(
                Notice(
                    "warning",
                    tr("“{name}” is not there any more.", name=path.name),
                    tr("It may have been moved or renamed, or its drive is not connected."),
                )
            )
        elif not opens(path):
            self.noticed.emit(
                Notice(
                    "warning",
                    tr("“{name}” could not be opened.", name=path.name),
                    tr("Perhaps no program for this kind of file is installed."),
                )
            )


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def launch(path: Path) -> bool:
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def reveal_in_folder(path: Path) -> bool:
    """The folder with the file selected where the system can do that, else the folder."""
    if sys.platform == "win32":
        explorer = QProcess()
        explorer.setProgram("explorer.exe")
        explorer.setNativeArguments(f'/select,"{path}"')  # Explorer reads its command line in its own way
        return bool(explorer.startDetached()[0])
    if sys.platform == "darwin":
        return bool(QProcess.startDetached("open", ["-R", str(path)])[0])
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
