"""About Alcove: what it is, its version, and whose work it builds on."""

from __future__ import annotations

import platform

from PySide6.QtCore import QEvent, QSize, Qt, Signal, qVersion
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.kit.design import XL, XS, L, M, S
from app.kit.form import wrapped
from app.kit.resources import app_icon
from app.kit.text import Translated, tr
from app.status.about_model import AboutModel
from rag_core import __version__

_SIZE, _SMALLEST = QSize(760, 560), QSize(640, 440)
_ICON_PX = 72
_LIST_WIDTH = 240


class AboutDialog(Translated, QDialog):
    """`opened`: the lists are wanted; `part_chosen` (name): the text of its licence is; `diagnostics_requested`."""

    opened = Signal()
    part_chosen = Signal(str)
    diagnostics_requested = Signal()

    def __init__(self, model: AboutModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.tabBar().setDrawBase(False)
        self._picture, self._name = QLabel(), QLabel("Alcove")
        self._name.setProperty("kind", "display")
        self._version, self._what, self._made = wrapped("muted"), wrapped(""), wrapped("small")
        self._parts, self._text = QListWidget(), QPlainTextEdit()
        self._parts.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._parts.setUniformItemSizes(True)
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._head, self._facts = wrapped("strong"), wrapped("muted")
        self._diagnostics, self._close = QPushButton(), QPushButton()
        self._diagnostics_hint = wrapped("small")
        self._close.setProperty("kind", "primary")
        self._close.setDefault(True)
        self._tabs.addTab(self._about_page(), "")
        self._tabs.addTab(self._licence_page(), "")
        self._lay_out()
        self._connect()
        self.setMinimumSize(_SMALLEST)
        self.resize(_SIZE)
        self.retranslate()
        self._fill()

    def show_licences(self) -> None:
        self._tabs.setCurrentIndex(1)

    def retranslate(self) -> None:
        self.setWindowTitle(tr("About Alcove"))
        self._tabs.setTabText(0, tr("About"))
        self._tabs.setTabText(1, tr("Licences"))
        self._picture.setPixmap(app_icon().pixmap(QSize(_ICON_PX, _ICON_PX)))
        self._picture.setAccessibleName(tr("The picture of Alcove"))
        self._version.setText(tr("Version {version}", version=__version__))
        self._what.setText(
            tr(
                "Alcove answers questions from your own documents, on your own computer. Each answer shows the "
                "place that it comes from. Nothing you read, ask or write leaves this machine."
            )
        )
        self._made.setText(
            tr(
                "With Python {python} and Qt {qt}, on {system}.",
                python=platform.python_version(),
                qt=qVersion(),
                system=platform.system(),
            )
        )
        self._diagnostics.setText(tr("Copy diagnostics"))
        self._diagnostics_hint.setText(
            tr(
                "Versions, devices, counts and settings, to send to somebody who helps you. "
                "No names or text of your documents."
            )
        )
        self._diagnostics.setAccessibleDescription(self._diagnostics_hint.text())
        self._close.setText(tr("Close"))
        self._parts.setAccessibleName(tr("Parts made by others"))
        self._text.setAccessibleName(tr("Text of the licence"))
        self._show_part()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        if not event.spontaneous():
            self._close.setFocus()
            self.opened.emit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.retranslate()

    def _connect(self) -> None:
        self._close.clicked.connect(self.accept)
        self._diagnostics.clicked.connect(self.diagnostics_requested)
        self._parts.currentItemChanged.connect(self._choose)
        self._model.changed.connect(self._fill)
        self._model.text_changed.connect(self._show_part)

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
        self._show_part()
        if name := self._chosen():
            self.part_chosen.emit(name)

    def _show_part(self) -> None:
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
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(XL, XL, XL, XL)
        column.setSpacing(M)
        head = QHBoxLayout()
        head.setSpacing(L)
        names = QVBoxLayout()
        names.setSpacing(XS)
        names.addStretch(1)
        names.addWidget(self._name)
        names.addWidget(self._version)
        names.addStretch(1)
        head.addWidget(self._picture)
        head.addLayout(names, 1)
        column.addLayout(head)
        column.addSpacing(S)
        column.addWidget(self._what)
        column.addWidget(self._made)
        column.addSpacing(L)
        row = QHBoxLayout()
        row.addWidget(self._diagnostics)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self._diagnostics_hint)
        column.addStretch(1)
        return page

    def _licence_page(self) -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(XL, L, XL, 0)
        row.setSpacing(L)
        self._parts.setFixedWidth(_LIST_WIDTH)
        right = QVBoxLayout()
        right.setSpacing(XS)
        right.addWidget(self._head)
        right.addWidget(self._facts)
        right.addSpacing(S)
        right.addWidget(self._text, 1)
        row.addWidget(self._parts)
        row.addLayout(right, 1)
        return page

    def _lay_out(self) -> None:
        bar = QFrame()
        buttons = QHBoxLayout(bar)
        buttons.setContentsMargins(XL, M, XL, L)
        buttons.addStretch(1)
        buttons.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(S, S, S, 0)
        column.setSpacing(0)
        column.addWidget(self._tabs, 1)
        column.addWidget(bar)
