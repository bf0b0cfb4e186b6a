"""The settings: pages at the left, the chosen one at the right. Every change takes effect at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.kit.design import XL, L, M, S
from app.kit.form import SettingsPage, soft_box, wrapped
from app.kit.resources import icon
from app.kit.text import Translated, tr
from app.settings.packs_model import PacksModel
from app.settings.settings_data import DataPage, PrivacyPage
from app.settings.settings_model import SettingsModel
from app.settings.settings_models import ModelsPage
from app.settings.settings_pages import AnswersPage, LibraryPage, LookPage, PlacePage

_SIZE, _SMALLEST = QSize(860, 620), QSize(720, 480)
_SIDE_WIDTH = 200
_ROW_PX, _GAP_PX = 32, 2
_ICONS = ("book", "processor", "answer", "library", "sun", "folder", "lock")


class SettingsDialog(Translated, QDialog):
    """The models show what is; signals of the dialog and of its pages say what the person wants.

    `opened`: everything should be read again.
    """

    opened = Signal()
    settings_changed = Signal(object)
    library_settings_changed = Signal(object)
    defaults_requested = Signal()

    def __init__(self, model: SettingsModel, packs: PacksModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._list = QListWidget()
        self._list.setProperty("kind", "side")
        self._list.setIconSize(QSize(18, 18))
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setSpacing(_GAP_PX)  # the frame of the focus is not hidden by what is chosen
        self._stack = QStackedWidget()
        self.models = ModelsPage(packs)
        self.place = PlacePage(model)
        self.answers = AnswersPage(model)
        self.library = LibraryPage(model)
        self.look = LookPage(model)
        self.data = DataPage(model)
        self.privacy = PrivacyPage(model)
        for page in self._pages():
            self._stack.addWidget(page)
            item = QListWidgetItem()
            item.setSizeHint(QSize(0, _ROW_PX))
            self._list.addItem(item)
        self._list.currentRowChanged.connect(self._stack.setCurrentIndex)
        self._problem, self._defaults = wrapped(""), QPushButton()
        self._banner = soft_box("error", self._problem, self._defaults)
        self._close = QPushButton()
        self._close.setProperty("kind", "primary")
        self._lay_out()
        self._connect()
        self._list.setCurrentRow(0)
        self.setMinimumSize(_SMALLEST)
        self.resize(_SIZE)
        self.retranslate()

    def show_page(self, name: str) -> None:
        """ "models", "place", "answers", "library", "look", "data" or "privacy"."""
        names = ("models", "place", "answers", "library", "look", "data", "privacy")
        self._list.setCurrentRow(names.index(name))

    def retranslate(self) -> None:
        self.setWindowTitle(tr("Settings"))
        self._list.setAccessibleName(tr("Pages of the settings"))
        self._close.setText(tr("Done"))
        self._defaults.setText(tr("Go back to the defaults"))
        self._defaults.setAccessibleDescription(tr("The damaged file is kept."))
        words = (
            tr("Models"),
            tr("Where it runs"),
            tr("Answers"),
            tr("This library"),
            tr("Window"),
            tr("Data folder"),
            tr("Privacy"),
        )
        for row, text in enumerate(words):
            self._list.item(row).setText(text)
        self._show_problem()
        self._show_icons()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        if not event.spontaneous():
            self._list.setFocus()
            self.opened.emit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_icons()

    def _pages(self) -> tuple[SettingsPage, ...]:
        return (self.models, self.place, self.answers, self.library, self.look, self.data, self.privacy)

    def _show_icons(self) -> None:
        for row, name in enumerate(_ICONS):
            self._list.item(row).setIcon(icon(name))

    def _show_problem(self) -> None:
        self._banner.setVisible(bool(self._model.problem))
        self._problem.setText(self._model.problem)

    def _choose_pack(self, role: str, pack_id: str) -> None:
        """A setting has the name of its role."""
        chosen: dict[str, Any] = {role: pack_id}
        self.settings_changed.emit(replace(self._model.settings, **chosen))

    def _connect(self) -> None:
        self._model.changed.connect(self._show_problem)
        self._close.clicked.connect(self.accept)
        self._defaults.clicked.connect(self.defaults_requested)
        self.models.pack_chosen.connect(self._choose_pack)
        self.place.settings_changed.connect(self.settings_changed)
        self.answers.settings_changed.connect(self.settings_changed)
        self.library.library_settings_changed.connect(self.library_settings_changed)

    def _lay_out(self) -> None:
        side = QFrame()
        side.setProperty("kind", "side")
        side.setFixedWidth(_SIDE_WIDTH)
        inner = QVBoxLayout(side)
        inner.setContentsMargins(S, L, S, L)
        self._list.setFixedHeight(self._list.count() * (_ROW_PX + 2 * _GAP_PX) + 2 * _GAP_PX)
        inner.addWidget(self._list)
        inner.addStretch(1)
        banner = QVBoxLayout()
        banner.setContentsMargins(XL, L, XL, 0)
        banner.addWidget(self._banner)
        bar = QFrame()
        bar.setProperty("kind", "bar")
        buttons = QHBoxLayout(bar)
        buttons.setContentsMargins(XL, M, XL, M)
        buttons.addStretch(1)
        buttons.addWidget(self._close)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addLayout(banner)
        right.addWidget(self._stack, 1)
        right.addWidget(bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(side)
        row.addLayout(right, 1)
