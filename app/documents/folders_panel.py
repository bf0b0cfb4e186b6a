"""The folders that a library follows."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QWidget,
)

from app.documents.indexing_model import FoldersModel, FolderStatus
from app.kit.button import Button, IconButton
from app.kit.confirm import ask
from app.kit.design import XS, S
from app.kit.elided_label import ElidedLabel
from app.kit.label import Label, Picture
from app.kit.layout import STRETCH, column, held, row, scrolled, set_kind, wide
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

    def __init__(self, model: FoldersModel) -> None:
        super().__init__()
        self._model = model
        self._rows: list[FolderRow] = []
        self._list = column(STRETCH, gap=0)
        self._scroll = scrolled(held(self._list))
        self.say(self._scroll.setAccessibleName, tr("Folders of this library"))
        column(Label(tr("Folders"), "section"), self._scroll, gap=XS, on=self)
        model.changed.connect(self.retranslate)
        self.retranslate()

    @property
    def rows(self) -> tuple[FolderRow, ...]:
        return tuple(self._rows)

    def retranslate(self) -> None:
        folders = self._model.folders
        self.setVisible(bool(folders))
        while len(self._rows) > len(folders):
            gone = self._rows.pop()
            self._list.removeWidget(gone)
            gone.deleteLater()
        while len(self._rows) < len(folders):
            self._rows.append(self._new_row())
        for shown, folder in zip(self._rows, folders, strict=True):
            shown.show_folder(folder)
        self._scroll.setFixedHeight(_ROW * min(len(folders), _MOST_ROWS_SEEN))

    def _new_row(self) -> FolderRow:
        made = FolderRow()
        made.sync_changed.connect(self.sync_changed)
        made.sync_requested.connect(self.sync_requested)
        made.taking_in_requested.connect(self.taking_in_requested)
        made.removal_requested.connect(self._ask_removal)
        self._list.insertWidget(len(self._rows), made)
        return made

    def _ask_removal(self, folder: FolderStatus) -> None:
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

    def __init__(self) -> None:
        super().__init__()
        self._folder = FolderStatus(Path(), True)
        self._sign = Picture("folder")
        self.path = ElidedLabel(mode=Qt.TextElideMode.ElideMiddle)
        self.facts = ElidedLabel()
        self.take_in_button = Button(
            tr("Take them in again"), lambda: self.taking_in_requested.emit(self._folder.path), "link"
        )
        self.take_in_button.setMinimumHeight(28)
        self.in_sync = QCheckBox()
        self.in_sync.clicked.connect(lambda on: self.sync_changed.emit(self._folder.path, on))
        self.sync_button = IconButton("sync", clicked=lambda: self.sync_requested.emit(self._folder.path))
        self.remove_button = IconButton("close", clicked=lambda: self.removal_requested.emit(self._folder))
        words = column(STRETCH, self.path, self.facts, STRETCH, gap=2)
        parts = (self.take_in_button, self.in_sync, self.sync_button, self.remove_button)
        row(self._sign, wide(words), *parts, gap=S, margins=(S, 0, S, 0), on=self)
        self.setFixedHeight(_ROW)

    def show_folder(self, folder: FolderStatus) -> None:
        self._folder = folder
        name = shown_path(folder.path)
        self.path.set_whole_text(name)
        away = folder.reach != "here"
        set_kind(self.facts, "warning" if away else "small")
        self.facts.set_whole_text(_facts(folder))
        self.take_in_button.setAccessibleName(tr("Take in again what was left out of {folder}", folder=name))
        self.take_in_button.setVisible(folder.left_out > 0 and not away)
        self.in_sync.setChecked(folder.in_sync)
        self.in_sync.setText(tr("Keep in sync"))
        self.in_sync.setToolTip(tr("New, changed and deleted files reach the library by themselves."))
        self.in_sync.setAccessibleName(tr("Keep {folder} in sync", folder=name))
        _describe(self.sync_button, tr("Sync now"), name)
        _describe(self.remove_button, tr("Remove this folder from the library"), name)
        self._sign.show_icon("warning" if away else "folder")


def _facts(folder: FolderStatus) -> str:
    counted = tr_count(folder.documents, "1 document", "{count} documents")
    if folder.left_out and folder.reach == "here":
        left_out = tr_count(folder.left_out, "1 file left out", "{count} files left out")
        return tr("{documents}, {left_out}", documents=counted, left_out=left_out)
    if folder.reach == "away":
        return tr("Cannot be reached now. {documents} stay in the library.", documents=counted)
    if folder.reach == "empty":
        return tr("Empty now: is its drive connected? {documents} stay in the library.", documents=counted)
    return counted


def _describe(button: IconButton, text: str, folder: str) -> None:
    button.setToolTip(text)
    button.setAccessibleName(f"{text}: {folder}")
