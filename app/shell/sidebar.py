"""The left pane: libraries above, conversations below, then documents, settings and help; and its narrow stand-in."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.kit.design import XS, S
from app.kit.resources import app_icon, icon
from app.kit.text import Translated, tr

_ICON = QSize(18, 18)
_BUTTON_PX = 36
RAIL_WIDTH = 52


class HelpMenu(Translated, QMenu):
    """What stands behind "Help"."""

    def __init__(self, actions: dict[str, QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.addAction(actions["show_shortcuts"])
        self.about = self.addAction("")
        self.retranslate()

    def retranslate(self) -> None:
        self.about.setText(tr("About Alcove"))


class Sidebar(Translated, QFrame):
    """`place` puts the lists in. Buttons trigger the window's actions."""

    def __init__(self, actions: dict[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "side")
        self.documents, self.settings, self.help = (_row_button() for _ in range(3))
        self.documents.setCheckable(True)
        self.toggle = _icon_button()
        self.help_menu = HelpMenu(actions, self)
        self.documents.clicked.connect(actions["show_documents"].trigger)
        self.settings.clicked.connect(actions["show_settings"].trigger)
        self.help.clicked.connect(self._show_help)
        self.toggle.clicked.connect(actions["toggle_side"].trigger)
        self._build()
        self.retranslate()
        self._paint()

    def place(self, libraries: QWidget, conversations: QWidget) -> None:
        for pane in (libraries, conversations):
            self._lists.addWidget(pane)
        self._lists.setStretchFactor(0, 1)
        self._lists.setStretchFactor(1, 3)
        self._lists.setSizes([170, 380])

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Libraries and conversations"))
        for button, words in (
            (self.documents, tr("Documents")),
            (self.settings, tr("Settings")),
            (self.help, tr("Help")),
        ):
            button.setText(f" {words}")  # a little more air after the picture than Qt gives
            button.setAccessibleName(words)
        self.toggle.setToolTip(tr("Hide the sidebar"))
        self.toggle.setAccessibleName(tr("Hide the sidebar"))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint()

    def _build(self) -> None:
        self._mark, name = QLabel(), QLabel("Alcove")
        name.setProperty("kind", "heading")
        head = QHBoxLayout()
        head.setContentsMargins(S, 0, 0, 0)
        head.setSpacing(S)
        head.addWidget(self._mark)
        head.addWidget(name, 1)
        head.addWidget(self.toggle)
        self._lists = QSplitter(Qt.Orientation.Vertical)
        self._lists.setChildrenCollapsible(False)
        self._lists.setHandleWidth(1)
        line = QFrame()
        line.setProperty("kind", "line")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S, S, S, S)
        layout.setSpacing(XS)
        layout.addLayout(head)
        layout.addWidget(self._lists, 1)
        layout.addWidget(line)
        layout.addSpacing(XS)
        for button in (self.documents, self.settings, self.help):
            layout.addWidget(button)

    def _show_help(self) -> None:
        above = QPoint(0, -self.help_menu.sizeHint().height() - XS)
        self.help_menu.popup(self.help.mapToGlobal(above))

    def _paint(self) -> None:
        self._mark.setPixmap(app_icon().pixmap(22, 22))
        self.toggle.setIcon(icon("sidebar"))
        self.documents.setIcon(icon("document"))
        self.settings.setIcon(icon("gear"))
        self.help.setIcon(icon("help"))


class Rail(Translated, QFrame):
    """The sidebar as a column of icons, where it is hidden."""

    def __init__(self, actions: dict[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "side")
        self.setFixedWidth(RAIL_WIDTH)
        self.toggle, self.add, self.documents, self.settings, self.help = (_icon_button() for _ in range(5))
        for button, name in (
            (self.toggle, "toggle_side"),
            (self.add, "new_conversation"),
            (self.documents, "show_documents"),
            (self.settings, "show_settings"),
            (self.help, "show_shortcuts"),
        ):
            button.clicked.connect(actions[name].trigger)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S, S, S, S)
        layout.setSpacing(XS)
        layout.addWidget(self.toggle)
        layout.addWidget(self.add)
        layout.addStretch(1)
        for button in (self.documents, self.settings, self.help):
            layout.addWidget(button)
        self.retranslate()
        self._paint()

    def retranslate(self) -> None:
        for button, words in (
            (self.toggle, tr("Show the sidebar")),
            (self.add, tr("New conversation")),
            (self.documents, tr("Documents")),
            (self.settings, tr("Settings")),
            (self.help, tr("Keyboard shortcuts")),
        ):
            button.setToolTip(words)
            button.setAccessibleName(words)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint()

    def _paint(self) -> None:
        for button, name in (
            (self.toggle, "sidebar"),
            (self.add, "message-plus"),
            (self.documents, "document"),
            (self.settings, "gear"),
            (self.help, "help"),
        ):
            button.setIcon(icon(name))


def _row_button() -> QToolButton:
    button = QToolButton()
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    button.setIconSize(_ICON)
    button.setMinimumHeight(32)
    return button


def _icon_button() -> QToolButton:
    button = QToolButton()
    button.setIconSize(_ICON)
    button.setFixedSize(_BUTTON_PX, _BUTTON_PX)
    return button
