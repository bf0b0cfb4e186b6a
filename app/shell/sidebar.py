"""The left pane: libraries above, conversations below, then documents, settings and help; and its narrow stand-in."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QMenu, QSizePolicy, QSplitter, QToolButton, QWidget

from app.kit.button import IconButton
from app.kit.design import XS, S
from app.kit.label import Label, Picture
from app.kit.layout import STRETCH, column, line, row, wide
from app.kit.resources import icon
from app.kit.text import Translated, tr

_ICON_PX, _BUTTON_PX = 18, 36
RAIL_WIDTH = 52


class HelpMenu(Translated, QMenu):
    """What stands behind "Help"."""

    def __init__(self, actions: dict[str, QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.addAction(actions["show_shortcuts"])
        self.about = self.addAction("")
        self.say(self.about.setText, tr("About Alcove"))


class Sidebar(Translated, QFrame):
    """`place` puts the lists in. Buttons trigger the window's actions."""

    def __init__(self, actions: dict[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "side")
        self.say(self.setAccessibleName, tr("Libraries and conversations"))
        self.toggle = IconButton("sidebar", tr("Hide the sidebar"), actions["toggle_side"].trigger, side=_BUTTON_PX)
        self.documents, self.settings = _RowButton("document", tr("Documents")), _RowButton("gear", tr("Settings"))
        self.help = _RowButton("help", tr("Help"))
        self.documents.setCheckable(True)
        self.documents.clicked.connect(actions["show_documents"].trigger)
        self.settings.clicked.connect(actions["show_settings"].trigger)
        self.help.clicked.connect(self._show_help)
        self.help_menu = HelpMenu(actions, self)
        self._lists = QSplitter(Qt.Orientation.Vertical)
        self._lists.setChildrenCollapsible(False)
        self._lists.setHandleWidth(1)
        name = Label("Alcove", "heading")
        head = row(Picture("alcove", 22), wide(name), self.toggle, gap=S, margins=(S, 0, 0, 0))
        buttons = (self.documents, self.settings, self.help)
        column(head, wide(self._lists), line(), XS, *buttons, gap=XS, margins=(S, S, S, S), on=self)

    def place(self, libraries: QWidget, conversations: QWidget) -> None:
        for pane in (libraries, conversations):
            self._lists.addWidget(pane)
        self._lists.setStretchFactor(0, 1)
        self._lists.setStretchFactor(1, 3)
        self._lists.setSizes([170, 380])

    def _show_help(self) -> None:
        above = QPoint(0, -self.help_menu.sizeHint().height() - XS)
        self.help_menu.popup(self.help.mapToGlobal(above))


class Rail(QFrame):
    """The sidebar as a column of icons, where it is hidden."""

    def __init__(self, actions: dict[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "side")
        self.setFixedWidth(RAIL_WIDTH)
        self.toggle, add, documents, settings, keys = (
            IconButton(name, words, actions[action].trigger, side=_BUTTON_PX)
            for name, words, action in (
                ("sidebar", tr("Show the sidebar"), "toggle_side"),
                ("message-plus", tr("New conversation"), "new_conversation"),
                ("document", tr("Documents"), "show_documents"),
                ("gear", tr("Settings"), "show_settings"),
                ("help", tr("Keyboard shortcuts"), "show_shortcuts"),
            )
        )
        column(self.toggle, add, STRETCH, documents, settings, keys, gap=XS, margins=(S, S, S, S), on=self)


class _RowButton(Translated, QToolButton):
    """A picture and a word, as wide as the sidebar."""

    def __init__(self, icon_name: str, words: str) -> None:
        super().__init__()
        self._icon_name = icon_name
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setIconSize(QSize(_ICON_PX, _ICON_PX))
        self.setMinimumHeight(32)
        self.say(self._set_words, words)
        self.retheme()

    def retheme(self) -> None:
        self.setIcon(icon(self._icon_name))

    def _set_words(self, words: str) -> None:
        self.setText(f" {words}")  # a little more air after the picture than Qt gives
        self.setAccessibleName(words)
