"""The settings: pages at the left, the chosen one at the right. Every change takes effect at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStackedWidget, QWidget

from app.kit.button import Button
from app.kit.design import XL, L, M, S
from app.kit.dialog import Dialog
from app.kit.form import SettingsPage, soft_box
from app.kit.label import paragraph
from app.kit.layout import STRETCH, column, held, row, wide
from app.kit.resources import icon
from app.kit.text import tr
from app.settings.models_page import ModelsPage
from app.settings.packs_model import PacksModel
from app.settings.settings_model import SettingsModel
from app.settings.settings_pages import AnswersPage, LibraryPage, LookPage, PlacePage
from app.settings.storage_pages import DataPage, PrivacyPage

_SIZE, _SMALLEST = QSize(860, 620), QSize(720, 480)
_SIDE_WIDTH = 200
_ROW_PX, _GAP_PX = 32, 2


class SettingsDialog(Dialog):
    """The models show what is; signals of the dialog and of its pages say what the person wants.

    `opened`: everything should be read again.
    """

    settings_changed = Signal(object)
    defaults_requested = Signal()

    def __init__(self, model: SettingsModel, packs: PacksModel, parent: QWidget | None = None) -> None:
        super().__init__(tr("Settings"), parent, _SIZE, _SMALLEST)
        self._model = model
        self._list, self._stack = self._make_list(), QStackedWidget()
        self.models, self.place, self.answers = ModelsPage(packs), PlacePage(model), AnswersPage(model)
        self.library, self.look, self.data, self.privacy = (
            LibraryPage(model),
            LookPage(model),
            DataPage(model),
            PrivacyPage(model),
        )
        self._icons: list[str] = []
        for page, icon_name, words in (
            (self.models, "book", tr("Models")),
            (self.place, "processor", tr("Where it runs")),
            (self.answers, "answer", tr("Answers")),
            (self.library, "library", tr("This library")),
            (self.look, "sun", tr("Window")),
            (self.data, "folder", tr("Data folder")),
            (self.privacy, "lock", tr("Privacy")),
        ):
            self._add_page(page, icon_name, words)
        self._list.currentRowChanged.connect(self._stack.setCurrentIndex)
        self._problem, defaults = paragraph(kind=""), Button(tr("Go back to the defaults"), self.defaults_requested)
        self.say(defaults.setAccessibleDescription, tr("The damaged file is kept."))
        self._banner = soft_box("error", self._problem, defaults)
        self._lay_out()
        self.models.pack_chosen.connect(self._choose_pack)
        self.place.values_changed.connect(self.settings_changed)
        self.answers.values_changed.connect(self.settings_changed)
        self.opened.connect(self._list.setFocus)
        model.changed.connect(self.retranslate)
        self._list.setCurrentRow(0)
        self.retheme()
        self.retranslate()

    def show_page(self, name: str) -> None:
        """ "models", "place", "answers", "library", "look", "data" or "privacy"."""
        self._list.setCurrentRow(self._stack.indexOf(getattr(self, name)))

    def retranslate(self) -> None:
        self._banner.setVisible(bool(self._model.problem))
        self._problem.setText(self._model.problem)

    def retheme(self) -> None:
        for number, name in enumerate(self._icons):
            self._list.item(number).setIcon(icon(name))

    def _choose_pack(self, role: str, pack_id: str) -> None:
        """A setting has the name of its role."""
        chosen: dict[str, Any] = {role: pack_id}
        self.settings_changed.emit(replace(self._model.settings, **chosen))

    def _make_list(self) -> QListWidget:
        made = QListWidget()
        made.setProperty("kind", "side")
        made.setIconSize(QSize(18, 18))
        made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        made.setSpacing(_GAP_PX)  # the frame of the focus is not hidden by what is chosen
        self.say(made.setAccessibleName, tr("Pages of the settings"))
        return made

    def _add_page(self, page: SettingsPage, icon_name: str, words: str) -> None:
        self._stack.addWidget(page)
        item = QListWidgetItem()
        item.setSizeHint(QSize(0, _ROW_PX))
        self._list.addItem(item)
        self._icons.append(icon_name)
        self.say(item.setText, words)

    def _lay_out(self) -> None:
        self._list.setFixedHeight(self._list.count() * (_ROW_PX + 2 * _GAP_PX) + 2 * _GAP_PX)
        side = held(column(self._list, STRETCH, margins=(S, L, S, L)), "side")
        side.setFixedWidth(_SIDE_WIDTH)
        banner = column(self._banner, margins=(XL, L, XL, 0))
        done = Button(tr("Done"), self.accept, "primary")
        bar = held(row(STRETCH, done, margins=(XL, M, XL, M)), "bar")
        row(side, wide(column(banner, wide(self._stack), bar, gap=0)), gap=0, on=self)
