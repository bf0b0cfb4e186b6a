"""The frame of the window: where the panes stand, and what gives way when there is little room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QCloseEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QMainWindow, QSplitter, QStackedWidget, QWidget

from app.kit.design import L, M, S
from app.kit.layout import column, held, row, wide
from app.kit.resources import app_icon
from app.kit.text import Translated, tr
from app.shell.actions import make_actions, name_actions
from app.shell.drop_overlay import DropOverlay, drags_files
from app.shell.notice_bar import NoticeBar
from app.shell.sidebar import Rail, Sidebar

SIDE_WIDTH: Final = 220
MIDDLE_WIDTH: Final = 440
SOURCE_WIDTH: Final = 340
ROOMY_WIDTH: Final = 1240  # from here on all three panes fit side by side
_BAR_HEIGHT = 36


class MainWindow(Translated, QMainWindow):
    """Intents: `paths_dropped(list[Path])`, `source_closed`, `stop_requested`, `closed`, and the
    `actions_by_name`; `activated` when the person comes back to it."""

    paths_dropped = Signal(object)
    source_closed = Signal()
    stop_requested = Signal()
    activated = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._library = ""
        self._pages: dict[str, QWidget] = {}
        self._side_is_wanted = True
        self._side_width, self._source_width = 264, 460
        self.hides_on_close = False  # with the tray icon on, the window can be had back from there
        self.setMinimumSize(860, 560)
        self.setWindowIcon(app_icon())
        self.actions_by_name = make_actions(self)
        self.notices = NoticeBar()
        self.notices.shown.connect(self.announce)
        self._build()
        self.overlay = DropOverlay(self)
        self.overlay.paths_dropped.connect(self.paths_dropped)
        self.actions_by_name["toggle_side"].triggered.connect(self.toggle_side)
        self.actions_by_name["cycle_panes"].triggered.connect(self.cycle_panes)
        self.retranslate()

    # Putting it together

    def place_side(self, libraries: QWidget, conversations: QWidget) -> None:
        self.side.place(libraries, conversations)

    def add_page(self, name: str, page: QWidget) -> None:
        """A page of the middle: "conversation", "documents", "start"."""
        self._pages[name] = page
        self._stack.addWidget(page)

    def place_source(self, pane: QWidget) -> None:
        self._source_room.addWidget(pane)

    def place_bottom(self, left: Sequence[QWidget], right: Sequence[QWidget]) -> None:
        room = (wide(widget, 1 if number else 3) for number, widget in enumerate(left))  # the first has most to say
        self._bar_row.addLayout(row(*room, gap=L), 1)
        self._bar_row.addStretch()  # while there is nothing at the left
        for widget in right:
            self._bar_row.addWidget(widget)

    # What it shows

    @property
    def page(self) -> str:
        return next((name for name, page in self._pages.items() if page is self._stack.currentWidget()), "")

    def show_page(self, name: str) -> None:
        had_focus = self._stack.isAncestorOf(self.focusWidget() or self)
        self._stack.setCurrentWidget(self._pages[name])
        if had_focus:
            self.focus_content()
        self.side.documents.setChecked(name == "documents")

    def set_library(self, name: str) -> None:
        self._library = name
        self.overlay.set_library(name)
        self._name_window()

    def show_source(self) -> None:
        """Beside the conversation; where there is little room the sidebar gives way until it is closed again."""
        if self.source.isVisibleTo(self):
            return
        self.source.show()
        self._share_room()
        sizes = self._splitter.sizes()
        wanted = min(self._source_width, sizes[1] + sizes[2] - MIDDLE_WIDTH)
        self._splitter.setSizes([sizes[0], sizes[1] + sizes[2] - wanted, wanted])

    def hide_source(self) -> None:
        if not self.source.isVisibleTo(self):
            return
        had_focus = self.source.isAncestorOf(self.focusWidget() or self)
        self._source_width = self._splitter.sizes()[2] or self._source_width
        self.source.hide()
        self._share_room()
        if had_focus:
            self.focus_content()
        self.source_closed.emit()

    def focus_content(self) -> None:
        """Where the page in the middle wants it, else where Tab would arrive first."""
        page = self._stack.currentWidget()
        if page is None:
            return
        wants_it = page.focusProxy() is not None or page.focusPolicy() != Qt.FocusPolicy.NoFocus
        target = page if wants_it else _first_focusable(page)
        if target is not None:
            target.setFocus(Qt.FocusReason.OtherFocusReason)

    def toggle_side(self) -> None:
        self._side_is_wanted = not self.side.isVisibleTo(self)
        self._share_room(is_asked=True)

    def open_side(self) -> None:
        """Visible, whatever it takes."""
        if not self.side.isVisibleTo(self):
            self.toggle_side()

    def come_up(self) -> None:
        """In front of the other windows, restored if it was minimised."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def announce(self, text: str) -> None:
        """Said by a screen reader, if one runs."""
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    # What is remembered

    def remember(self, geometry: bytes, side_width: int, source_width: int, is_side_collapsed: bool) -> None:
        self._source_width = max(source_width, SOURCE_WIDTH)
        self._side_width = max(side_width, SIDE_WIDTH)
        self._side_is_wanted = not is_side_collapsed
        if not geometry or not self.restoreGeometry(QByteArray(geometry)):
            self.resize(1280, 820)
        total = max(self.width(), MIDDLE_WIDTH + SIDE_WIDTH)
        side = min(max(side_width, SIDE_WIDTH), total // 2)
        self._splitter.setSizes([side, total - side, 0])
        self._share_room()

    @property
    def side_width(self) -> int:
        return self._splitter.sizes()[0] or self._side_width

    @property
    def source_width(self) -> int:
        return self._splitter.sizes()[2] or self._source_width

    @property
    def is_side_collapsed(self) -> bool:
        return not self._side_is_wanted

    def shutdown(self) -> None:
        self.notices.shutdown()
        if self.windowHandle() is not None:
            self.windowHandle().removeEventFilter(self)

    # The keyboard

    def cycle_panes(self) -> None:
        """F6: sidebar, content, source, bar."""
        panes = [pane for pane in (self.side, self.rail, self.middle, self.source, self.bar) if pane.isVisibleTo(self)]
        focused = self.focusWidget()
        at = next((n for n, pane in enumerate(panes) if focused and pane.isAncestorOf(focused)), -1)
        for step in range(1, len(panes) + 1):
            target = _first_focusable(panes[(at + step) % len(panes)])
            if target is not None:
                target.setFocus(Qt.FocusReason.TabFocusReason)
                return

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Escape reaches the window when nothing in it wanted it."""
        if event.key() == Qt.Key.Key_Escape:
            self.escape()
        else:
            super().keyPressEvent(event)

    def escape(self) -> None:
        """Close the source; where it is closed already, stop the answer."""
        if self.source.isVisibleTo(self):
            self.hide_source()
        else:
            self.stop_requested.emit()

    # Qt's events

    def retranslate(self) -> None:
        name_actions(self.actions_by_name)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._share_room()
        self.overlay.setGeometry(self.rect())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Drags are watched where they enter, so that no text field under the pointer takes them for text."""
        super().showEvent(event)
        self.windowHandle().installEventFilter(self)  # asked anew: PySide forgets an older handle now and then

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.activated.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.DragEnter and drags_files(event):
            self.overlay.cover()
        return super().eventFilter(watched, event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        if self.hides_on_close:
            event.ignore()
            self.hide()
            return
        super().closeEvent(event)
        self.closed.emit()

    # Building

    def _build(self) -> None:
        self.side, self.rail = Sidebar(self.actions_by_name), Rail(self.actions_by_name)
        self.middle, self.source, self.bar = QFrame(), QFrame(), QFrame()
        self.middle.setProperty("kind", "page")
        self.source.setProperty("kind", "side")
        self.bar.setProperty("kind", "bar")
        self._stack = QStackedWidget()
        column(self.notices, wide(self._stack), gap=0, on=self.middle)
        self._source_room = column(on=self.source)
        self._bar_row = row(gap=S, margins=(M, 0, M, 0), on=self.bar)
        self.bar.setMinimumHeight(_BAR_HEIGHT)
        for pane, words in (
            (self.middle, tr("Content")),
            (self.source, tr("Source")),
            (self.bar, tr("Status")),
        ):
            self.say(pane.setAccessibleName, words)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        for pane, width, stretch in (
            (self.side, SIDE_WIDTH, 0),
            (self.middle, MIDDLE_WIDTH, 1),
            (self.source, SOURCE_WIDTH, 0),
        ):
            pane.setMinimumWidth(width)
            self._splitter.addWidget(pane)
            self._splitter.setStretchFactor(self._splitter.indexOf(pane), stretch)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)
        self.source.hide()
        self.rail.hide()
        body = row(self.rail, wide(self._splitter), gap=0)
        self.setCentralWidget(held(column(wide(body), self.bar, gap=0)))

    def _share_room(self, is_asked: bool = False) -> None:
        """The sidebar stands where it is wanted and there is room; else the rail does. `is_asked`: room is made."""
        has_room = self.width() >= ROOMY_WIDTH or not self.source.isVisibleTo(self)
        if is_asked and self._side_is_wanted and not has_room:
            self.hide_source()
            return
        shows_side = self._side_is_wanted and has_room
        if shows_side != self.side.isVisibleTo(self):
            sizes = self._splitter.sizes()
            self._side_width = sizes[0] or self._side_width
            had_focus = (self.rail if shows_side else self.side).isAncestorOf(self.focusWidget() or self)
            self.side.setVisible(shows_side)
            self.rail.setVisible(not shows_side)
            if shows_side:
                rest = sizes[1] - self._side_width
                self._splitter.setSizes([self._side_width, max(rest, MIDDLE_WIDTH), sizes[2]])
            if had_focus:
                (self.side if shows_side else self.rail).toggle.setFocus()

    def _name_window(self) -> None:
        self.setWindowTitle(f"{self._library} – Alcove" if self._library else "Alcove")


def _first_focusable(pane: QWidget) -> QWidget | None:
    """Where Tab would arrive first in `pane`: what was made first, as no tab order is set.

    Qt's own chain is not walked: PySide takes each widget of it for a child of the one before, and forgets all that
    follow when one is deleted; the next change of the theme then ends the program.
    """
    for widget in pane.findChildren(QWidget):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(pane.window()) and widget.isEnabled():
            return widget
    return None
