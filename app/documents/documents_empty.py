"""What a library without documents says: an invitation."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.kit.design import M, S, colours
from app.kit.resources import icon
from app.kit.text import Translated, tr

_ICON = 48
_WIDEST = 460


class DocumentsEmpty(Translated, QWidget):
    folder_asked = Signal()
    files_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._title = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._title.setProperty("kind", "title")
        self._text = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._text.setProperty("kind", "muted")
        self._text.setMaximumWidth(_WIDEST)
        self.folder_button = QPushButton()
        self.folder_button.setProperty("kind", "primary")
        self.folder_button.clicked.connect(self.folder_asked)
        self.files_button = QPushButton()
        self.files_button.clicked.connect(self.files_asked)
        buttons = QHBoxLayout()
        buttons.setSpacing(S)
        buttons.addStretch()
        buttons.addWidget(self.folder_button)
        buttons.addWidget(self.files_button)
        buttons.addStretch()
        text_row = QHBoxLayout()
        text_row.addStretch()
        text_row.addWidget(self._text, 10)
        text_row.addStretch()
        layout = QVBoxLayout(self)
        layout.setSpacing(M)
        layout.addStretch()
        layout.addWidget(self._sign)
        layout.addWidget(self._title)
        layout.addLayout(text_row)
        layout.addSpacing(S)
        layout.addLayout(buttons)
        layout.addStretch()
        self._paint_icon()
        self.retranslate()

    def retranslate(self) -> None:
        self._title.setText(tr("Drop a folder or files here"))
        self._text.setText(
            tr(
                "PDF, Word, Excel, PowerPoint, web pages, Markdown, text and CSV. Alcove reads them where they are:"
                " nothing is moved, and nothing leaves this computer."
            )
        )
        self.folder_button.setText(tr("Add folder…"))
        self.files_button.setText(tr("Add files…"))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint_icon()

    def _paint_icon(self) -> None:
        self._sign.setPixmap(icon("folder-open", colours().accent).pixmap(QSize(_ICON, _ICON)))
