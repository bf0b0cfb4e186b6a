"""The folders that a library follows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.documents.indexing_state import FoldersState, FolderView
from app.kit.confirm import ask
from app.kit.design import XS, S
from app.kit.elided_label import ElidedLabel
from app.kit.resources import icon
from app.kit.shown_path import shown_path
from app.kit.text import Translated, tr, tr_count

_ROW = 52
_MOST_ROWS_SEEN = 3


class FoldersPanel(Translated, QFrame):
    """Hidden while no folder was added."""

    sync_changed = Signal(Path, bool)
    sync_requested = Signal(Path)
    taking_in_requested = Signal(Path)
    removal_confirmed = Signal(Path)

    def __init__(self, state: FoldersState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._rows: list[FolderRow] = []
        self._title = QLabel()
        self._title.setProperty("kind", "section")
        inside = QWidget()
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self._list.addStretch()
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(inside)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(XS)
        layout.addWidget(self._title)
        layout.addWidget(self._scroll)
        state.changed.connect(self._show)
        self.retranslate()

    @property
    def rows(self) -> tuple[FolderRow, ...]:
        return tuple(self._rows)

    def retranslate(self) -> None:
        self._title.setText(tr("Folders"))
        self._scroll.setAccessibleName(tr("Folders of this library"))
        self._show()

    def _show(self) -> None:
        folders = self._state.folders
        self.setVisible(bool(folders))
        while len(self._rows) > len(folders):
            gone = self._rows.pop()
            self._list.removeWidget(gone)
            gone.deleteLater()
        while len(self._rows) < len(folders):
            self._rows.append(self._new_row())
        for row, folder in zip(self._rows, folders, strict=True):
            row.show_folder(folder)
        self._scroll.setFixedHeight(_ROW * min(len(folders), _MOST_ROWS_SEEN))

    def _new_row(self) -> FolderRow:
        row = FolderRow()
        row.sync_changed.connect(self.sync_changed)
        row.sync_requested.connect(self.sync_requested)
        row.taking_in_requested.connect(self.taking_in_requested)
        row.removal_requested.connect(self._ask_removal)
        self._list.insertWidget(len(self._rows), row)
        return row

    def _ask_removal(self, folder: FolderView) -> None:
        ask(
            self,
            tr("Remove the folder “{name}” from this library?", name=folder.path.name or str(folder.path)),
            tr_count(
                folder.documents,
                "Its 1 document can no longer be found here. The file itself stays where it is.",
                "Its {count} documents can no longer be found here. The files themselves stay where they are.",
            ),
            tr("Remove folder"),
            lambda: self.removal_confirmed.emit(folder.path),
        )


class FolderRow(QWidget):
    """One folder: where it is, what is in it, and whether it is kept in sync."""

    sync_changed = Signal(Path, bool)
    sync_requested = Signal(Path)
    taking_in_requested = Signal(Path)
    removal_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = FolderView(Path(), True)
        self._sign = QLabel()
        self.path = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self.facts = ElidedLabel()
        self.take_in_button = QPushButton()
        self.take_in_button.setProperty("kind", "link")
        self.take_in_button.setMinimumHeight(28)
        self.take_in_button.clicked.connect(lambda: self.taking_in_requested.emit(self._folder.path))
        self.in_sync = QCheckBox()
        self.in_sync.clicked.connect(lambda on: self.sync_changed.emit(self._folder.path, on))
        self.sync_button = _tool(lambda: self.sync_requested.emit(self._folder.path))
        self.remove_button = _tool(lambda: self.removal_requested.emit(self._folder))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch()
        words.addWidget(self.path)
        words.addWidget(self.facts)
        words.addStretch()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(S, 0, S, 0)
        layout.setSpacing(S)
        layout.addWidget(self._sign)
        layout.addLayout(words, 1)
        layout.addWidget(self.take_in_button)
        layout.addWidget(self.in_sync)
        layout.addWidget(self.sync_button)
        layout.addWidget(self.remove_button)
        self.setFixedHeight(_ROW)

    def show_folder(self, folder: FolderView) -> None:
        self._folder = folder
        name = shown_path(folder.path)
        self.path.set_whole_text(name)
        away = folder.reach != "here"
        self.facts.setProperty("kind", "warning" if away else "small")
        self.facts.style().polish(self.facts)
        self.facts.set_whole_text(_facts(folder))
        self.take_in_button.setText(tr("Take them in again"))
        self.take_in_button.setAccessibleName(tr("Take in again what was left out of {folder}", folder=name))
        self.take_in_button.setVisible(folder.left_out > 0 and not away)
        self.in_sync.setChecked(folder.in_sync)
        self.in_sync.setText(tr("Keep in sync"))
        self.in_sync.setToolTip(tr("New, changed and deleted files reach the library by themselves."))
        self.in_sync.setAccessibleName(tr("Keep {folder} in sync", folder=name))
        _describe(self.sync_button, tr("Sync now"), name)
        _describe(self.remove_button, tr("Remove this folder from the library"), name)
        self._paint_icons()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint_icons()

    def _paint_icons(self) -> None:
        self._sign.setPixmap(icon("warning" if self._folder.reach != "here" else "folder").pixmap(QSize(20, 20)))
        self.sync_button.setIcon(icon("sync"))
        self.remove_button.setIcon(icon("close"))


def _facts(folder: FolderView) -> str:
    counted = tr_count(folder.documents, "1 document", "{count} documents")
    if folder.left_out and folder.reach == "here":
        left_out = tr_count(folder.left_out, "1 file left out", "{count} files left out")
        return tr("{documents}, {left_out}", documents=counted, left_out=left_out)
    if folder.reach == "away":
        return tr("Cannot be reached now. {documents} stay in the library.", documents=counted)
    if folder.reach == "empty":
        return tr("Empty now: is its drive connected? {documents} stay in the library.", documents=counted)
    return counted


def _tool(clicked: Callable[[], None]) -> QToolButton:
    button = QToolButton()
    button.setMinimumSize(28, 28)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.clicked.connect(clicked)
    return button


def _describe(button: QToolButton, text: str, folder: str) -> None:
    button.setToolTip(text)
    button.setAccessibleName(f"{text}: {folder}")
