"""What every dialog of the window has: a title, a size, and a moment at which it wants to be filled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from app.kit.text import Translated


class Dialog(Translated, QDialog):
    """Show it with `open()`. `opened` each time it comes up."""

    opened = Signal()

    def __init__(
        self, title: str, parent: QWidget | None, size: QSize | None = None, smallest: QSize | None = None
    ) -> None:
        super().__init__(parent)
        self.say(self.setWindowTitle, title)
        if smallest is not None:
            self.setMinimumSize(smallest)
        if size is not None:
            self.resize(size)

    def open_once(self) -> None:
        """Gone when it is closed."""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.open()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        if not event.spontaneous():
            self.opened.emit()


def pick_files(parent: QWidget, title: str, picked: Callable[[list[Path]], object]) -> None:
    """Returns at once; `picked` is called with what the person chose."""
    _pick(parent, title, QFileDialog.FileMode.ExistingFiles, picked)


def pick_folder(parent: QWidget, title: str, picked: Callable[[Path], object]) -> None:
    _pick(parent, title, QFileDialog.FileMode.Directory, lambda paths: picked(paths[0]))


def _pick(parent: QWidget, title: str, mode: QFileDialog.FileMode, picked: Callable[[list[Path]], object]) -> None:
    dialog = QFileDialog(parent, title)
    dialog.setFileMode(mode)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.filesSelected.connect(lambda names: picked([Path(name) for name in names]))
    dialog.open()
