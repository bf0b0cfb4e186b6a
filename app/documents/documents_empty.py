"""What a library without documents says: an invitation."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.kit.button import Button
from app.kit.design import M, S
from app.kit.label import Label, Picture
from app.kit.layout import STRETCH, column, row, wide
from app.kit.text import tr

_ICON = 48
_WIDEST = 460


class DocumentsEmpty(QWidget):
    """`pick_folder` and `pick_files` are what its buttons do."""

    def __init__(self, pick_folder: Callable[[], None], pick_files: Callable[[], None]) -> None:
        super().__init__()
        sign = Picture("folder-open", _ICON, "accent")
        title = Label(tr("Drop a folder or files here"), "title", wraps=True)
        text = Label(
            tr(
                "PDF, Word, Excel, PowerPoint, web pages, Markdown, text and CSV. Alcove reads them where they are:"
                " nothing is moved, and nothing leaves this computer."
            ),
            "muted",
            wraps=True,
        )
        text.setMaximumWidth(_WIDEST)
        for label in (sign, title, text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.folder_button = Button(tr("Add folder…"), pick_folder, "primary")
        self.files_button = Button(tr("Add files…"), pick_files)
        buttons = row(STRETCH, self.folder_button, self.files_button, STRETCH, gap=S)
        column(STRETCH, sign, title, row(STRETCH, wide(text, 10), STRETCH), S, buttons, STRETCH, gap=M, on=self)
