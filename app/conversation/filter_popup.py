"""Narrowing a question: kinds of files, one folder, and how new the documents are."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QWidget

from app.conversation.proof import file_name
from app.kit.button import Button
from app.kit.design import XS, L, M, S
from app.kit.label import Label
from app.kit.layout import STRETCH, column, row
from app.kit.text import Translated, tr
from rag_core.ingest.formats.registry import groups
from rag_core.types import Filters

DAYS = (0, 7, 31, 365)
_DAY_NS = 86_400 * 1_000_000_000


class FilterPopup(Translated, QFrame):
    """`chosen` carries the `Filters` with every change."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("kind", "card")
        self._is_setting = False
        self.say(self.setAccessibleName, tr("Narrow the search"))
        self._types = {name: QCheckBox() for name in groups()}
        for box in self._types.values():
            box.setMinimumHeight(28)
            box.toggled.connect(self._tell)
        self._since, self._folder, self._folder_title = QComboBox(), QComboBox(), Label(tr("Folder"), "section")
        self.say(self._since.setAccessibleName, tr("Changed"))
        self.say(self._folder.setAccessibleName, tr("Folder"))
        for field in (self._since, self._folder):
            field.currentIndexChanged.connect(self._tell)
        everything = Button(tr("Search everything"), self._show_everything, "quiet")
        buttons = row(everything, STRETCH, Button(tr("Done"), self.close))
        column(
            Label(tr("Kinds of documents"), "section"),
            *self._types.values(),
            S,
            Label(tr("Changed"), "section"),
            self._since,
            S,
            self._folder_title,
            self._folder,
            S,
            buttons,
            gap=XS,
            margins=(L, L, L, M),
            on=self,
        )
        self.set_folders(())
        self.retranslate()

    def set_folders(self, folders: Sequence[str]) -> None:
        self._is_setting = True
        self._folder.clear()
        self._folder.addItem(tr("All folders"), "")
        for folder in folders:
            self._folder.addItem(file_name(folder) or folder, folder)
            self._folder.setItemData(self._folder.count() - 1, folder, Qt.ItemDataRole.ToolTipRole)
        self._is_setting = False
        for widget in (self._folder_title, self._folder):
            widget.setVisible(bool(folders))

    def open_at(self, button: QWidget, filters: Filters) -> None:
        """Above `button`, with `filters` shown."""
        self._show(filters)
        self.adjustSize()
        corner = button.mapToGlobal(QPoint(button.width() - self.width(), -self.height() - XS))
        screen = button.screen().availableGeometry()
        self.move(max(screen.left() + XS, corner.x()), max(screen.top() + XS, corner.y()))
        self.show()
        next(iter(self._types.values())).setFocus(Qt.FocusReason.PopupFocusReason)

    def retranslate(self) -> None:
        for name, box in self._types.items():
            box.setText(kind_words(name))
        self._is_setting = True
        chosen = max(self._since.currentIndex(), 0)
        self._since.clear()
        for days in DAYS:
            self._since.addItem(_since_words(days), days)
        self._since.setCurrentIndex(chosen)
        self._folder.setItemText(0, tr("All folders"))
        self._is_setting = False

    def filters(self) -> Filters:
        types = tuple(t for name, box in self._types.items() if box.isChecked() for t in groups()[name])
        days = int(self._since.currentData() or 0)
        since = None if not days else (time.time_ns() // _DAY_NS - days) * _DAY_NS
        return Filters(str(self._folder.currentData() or ""), types, since)

    def _show(self, filters: Filters) -> None:
        self._is_setting = True
        for name, box in self._types.items():
            box.setChecked(set(groups()[name]) <= set(filters.media_types))
        self._since.setCurrentIndex(DAYS.index(days_of(filters)))
        self._folder.setCurrentIndex(max(0, self._folder.findData(filters.folder)))
        self._is_setting = False

    def _show_everything(self) -> None:
        self._show(Filters())
        self._tell()

    def _tell(self) -> None:
        if not self._is_setting:
            self.chosen.emit(self.filters())


def days_of(filters: Filters) -> int:
    """Which of the offered spans a filter means; 0 for none."""
    if filters.modified_from_ns is None:
        return 0
    days = (time.time_ns() - filters.modified_from_ns) / _DAY_NS
    return min(DAYS[1:], key=lambda offered: abs(offered - days))


def filter_words(filters: Filters) -> str:
    """ "PDF, Word · this week", for the chip."""
    parts = []
    kinds = [kind_words(name) for name, types in groups().items() if set(types) <= set(filters.media_types)]
    if kinds:
        parts.append(tr(", ").join(kinds))
    if days := days_of(filters):
        parts.append(_since_words(days))
    if filters.folder:
        parts.append(file_name(filters.folder))
    return " · ".join(parts)


def kind_words(name: str) -> str:
    known = {
        "pdf": tr("PDF"),
        "word": tr("Word"),
        "sheet": tr("Tables (Excel, CSV)"),
        "slides": tr("Slides"),
        "web": tr("Web pages"),
        "text": tr("Text and Markdown"),
    }
    return known.get(name, name)


def _since_words(days: int) -> str:
    return {
        0: tr("At any time"),
        7: tr("In the last week"),
        31: tr("In the last month"),
        365: tr("In the last year"),
    }[days]
