"""About Alcove: what it is, its version, and whose work it builds on."""

from __future__ import annotations

import platform
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal, qVersion
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QPlainTextEdit, QTabWidget, QWidget

from app.kit.button import Button
from app.kit.design import XL, XS, L, M, S
from app.kit.dialog import Dialog
from app.kit.label import Label, Picture, paragraph
from app.kit.layout import STRETCH, column, held, row, wide
from app.kit.text import tr
from app.status.about_model import AboutModel
from rag_core import __version__

_SIZE, _SMALLEST = QSize(760, 560), QSize(640, 440)
_ICON_PX = 72
_LIST_WIDTH = 240


class AboutDialog(Dialog):
    """`opened`: the lists are wanted; `part_chosen` (name): the text of its licence is; `diagnostics_requested`."""

    part_chosen = Signal(str)
    diagnostics_requested = Signal()

    def __init__(self, model: AboutModel, parent: QWidget | None = None) -> None:
        super().__init__(tr("About Alcove"), parent, _SIZE, _SMALLEST)
        self._model = model
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.addTab(self._about_page(), "")
        self.tabs.addTab(self._licence_page(), "")
        self.say(partial(self.tabs.setTabText, 0), tr("About"))
        self.say(partial(self.tabs.setTabText, 1), tr("Licences"))
        self._close = Button(tr("Close"), self.accept, "primary")
        self._close.setDefault(True)
        bar = row(STRETCH, self._close, margins=(XL, M, XL, L))
        column(wide(self.tabs), held(bar), gap=0, margins=(S, S, S, 0), on=self)
        self._parts.currentItemChanged.connect(self._choose)
        self.opened.connect(self._close.setFocus)
        model.changed.connect(self._fill)
        model.text_changed.connect(self.retranslate)
        self._fill()

    def _fill(self) -> None:
        chosen = self._chosen()
        self._parts.blockSignals(True)
        self._parts.clear()
        for pack in self._model.models:
            self._add(pack.title or pack.pack_id, tr("Model · {licence}", licence=pack.licence))
        for part in self._model.parts:
            self._add(part.name, part.licence)
        self._parts.blockSignals(False)
        rows = [
            row for row in range(self._parts.count()) if self._parts.item(row).data(Qt.ItemDataRole.UserRole) == chosen
        ]
        if self._parts.count():
            self._parts.setCurrentRow(rows[0] if rows else 0)

    def _add(self, name: str, licence: str) -> None:
        item = QListWidgetItem(name)
        item.setData(Qt.ItemDataRole.UserRole, name)
        item.setToolTip(f"{name}\n{licence}" if licence else name)
        self._parts.addItem(item)

    def _chosen(self) -> str:
        item = self._parts.currentItem()
        return str(item.data(Qt.ItemDataRole.UserRole)) if item is not None else ""

    def _choose(self) -> None:
        self.retranslate()
        if name := self._chosen():
            self.part_chosen.emit(name)

    def retranslate(self) -> None:
        name = self._chosen()
        part = next((part for part in self._model.parts if part.name == name), None)
        model = next((pack for pack in self._model.models if (pack.title or pack.pack_id) == name), None)
        self._head.setText(name)
        if part is not None:
            licence = part.licence or tr("licence not named")
            self._facts.setText(tr("Version {version}, {licence}", version=part.version, licence=licence))
        elif model is not None:
            licence = model.licence or tr("licence not named")
            self._facts.setText(tr("Model, version {version}, {licence}", version=model.version, licence=licence))
        else:
            self._facts.setText("" if self._model.parts else tr("Loading…"))
        is_there = self._model.chosen == name and bool(self._model.text)
        text = self._model.text if is_there else ""
        if text != self._text.toPlainText():
            self._text.setPlainText(text)
        nothing = tr("No text comes with this part; its name says which licence it is.")
        self._text.setPlaceholderText(nothing if self._model.chosen == name else "")

    def _about_page(self) -> QWidget:
        picture = Picture("alcove", _ICON_PX)
        self.say(picture.setAccessibleName, tr("The picture of Alcove"))
        version = paragraph(tr("Version {version}", version=__version__))
        what = tr(
            "Alcove answers questions from your own documents, on your own computer. Each answer shows the "
            "place that it comes from. Nothing you read, ask or write leaves this machine."
        )
        made = tr(
            "With Python {python} and Qt {qt}, on {system}.",
            python=platform.python_version(),
            qt=qVersion(),
            system=platform.system(),
        )
        diagnostics = Button(tr("Copy diagnostics"), self.diagnostics_requested)
        hint = tr(
            "Versions, devices, counts and settings, to send to somebody who helps you. "
            "No names or text of your documents."
        )
        self.say(diagnostics.setAccessibleDescription, hint)
        names = column(STRETCH, Label("Alcove", "display"), version, STRETCH, gap=XS)
        return held(
            column(
                row(picture, wide(names), gap=L),
                S,
                paragraph(what, ""),
                paragraph(made, "small"),
                L,
                row(diagnostics, STRETCH),
                paragraph(hint, "small"),
                STRETCH,
                gap=M,
                margins=(XL, XL, XL, XL),
            )
        )

    def _licence_page(self) -> QWidget:
        self._parts, self._text = QListWidget(), QPlainTextEdit()
        self._parts.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._parts.setUniformItemSizes(True)
        self._parts.setFixedWidth(_LIST_WIDTH)
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self.say(self._parts.setAccessibleName, tr("Parts made by others"))
        self.say(self._text.setAccessibleName, tr("Text of the licence"))
        self._head, self._facts = paragraph(kind="strong"), paragraph()
        right = column(self._head, self._facts, S, wide(self._text), gap=XS)
        return held(row(self._parts, wide(right), gap=L, margins=(XL, L, XL, 0)))
