"""The cheat sheet: every key of the window, in groups."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.kit.design import XL, XS, L, M, S
from app.kit.text import Translated, tr
from app.shell.actions import Shortcut, shortcuts, shown_keys


class ShortcutsDialog(Translated, QDialog):
    """Show it with `open()`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel()
        self._title.setProperty("kind", "title")
        self._columns = QHBoxLayout()
        self._columns.setSpacing(2 * XL)
        self._shown: list[QWidget] = []
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        self._close = buttons.button(QDialogButtonBox.StandardButton.Close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(XL, XL, XL, L)
        layout.setSpacing(L)
        layout.addWidget(self._title)
        layout.addLayout(self._columns)
        layout.addStretch(1)
        layout.addWidget(buttons)
        self.retranslate()

    def retranslate(self) -> None:
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self._title.setText(tr("Keyboard shortcuts"))
        self._close.setText(tr("Close"))
        for old in self._shown:
            old.deleteLater()
        groups = [list(rows) for _, rows in groupby(shortcuts(), key=lambda row: row.group)]
        first, *others = groups
        self._shown = [self._column(column) for column in ([first], others)]
        for column in self._shown:
            self._columns.addWidget(column, 1, Qt.AlignmentFlag.AlignTop)

    def _column(self, groups: list[list[Shortcut]]) -> QWidget:
        column = QWidget()
        grid = QGridLayout(column)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(XL)
        grid.setVerticalSpacing(S)
        grid.setColumnStretch(0, 1)
        for rows in groups:
            heading = QLabel(rows[0].group)
            heading.setProperty("kind", "section")
            heading.setContentsMargins(0, M if grid.rowCount() > 1 else 0, 0, XS)
            grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
            for row in rows:
                keys = QLabel(shown_keys(row))
                keys.setProperty("kind", "badge")
                at = grid.rowCount()
                grid.addWidget(QLabel(row.label), at, 0)
                grid.addWidget(keys, at, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return column
