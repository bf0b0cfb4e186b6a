"""The cheat sheet: every key of the window, in groups."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QGridLayout, QWidget

from app.kit.design import XL, XS, L, M, S
from app.kit.dialog import Dialog
from app.kit.label import Label
from app.kit.layout import STRETCH, clear, column, row
from app.kit.text import tr
from app.shell.actions import Shortcut, shortcuts, shown_keys


class ShortcutsDialog(Dialog):
    """Every key, in two columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Keyboard shortcuts"), parent)
        self._columns = row(gap=2 * XL)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        self.say(buttons.button(QDialogButtonBox.StandardButton.Close).setText, tr("Close"))
        title = Label(tr("Keyboard shortcuts"), "title")
        column(title, self._columns, STRETCH, buttons, gap=L, margins=(XL, XL, XL, L), on=self)
        self.retranslate()

    def retranslate(self) -> None:
        clear(self._columns)
        first, *others = [list(rows) for _, rows in groupby(shortcuts(), key=lambda key: key.group)]
        for groups in ([first], others):
            self._columns.addWidget(self._column(groups), 1, Qt.AlignmentFlag.AlignTop)

    def _column(self, groups: list[list[Shortcut]]) -> QWidget:
        made = QWidget()
        grid = QGridLayout(made)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(XL)
        grid.setVerticalSpacing(S)
        grid.setColumnStretch(0, 1)
        for keys_of_group in groups:
            heading = Label(keys_of_group[0].group, "section")
            heading.setContentsMargins(0, M if grid.rowCount() > 1 else 0, 0, XS)
            grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
            for key in keys_of_group:
                at, right = grid.rowCount(), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                grid.addWidget(Label(key.label), at, 0)
                grid.addWidget(Label(shown_keys(key), "badge"), at, 1, right)
        return made
