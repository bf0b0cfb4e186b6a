"""Alcove among the system's small icons: ask, show, quit. Off unless the person wants it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from app.kit.resources import app_icon
from app.kit.text import Translated, tr


class _TrayMenu(Translated, QMenu):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.ask, self.show_window = self.addAction(""), self.addAction("")
        self.addSeparator()
        self.quit = self.addAction("")
        self.say(self.ask.setText, tr("Ask a question"))
        self.say(self.show_window.setText, tr("Show Alcove"))
        self.say(self.quit.setText, tr("Quit Alcove"))


class Tray(QSystemTrayIcon):
    """Intents: `ask_requested`, `show_requested`, `quit_requested`."""

    ask_requested = Signal()
    show_requested = Signal()
    quit_requested = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(app_icon(), window)
        self._menu = _TrayMenu(window)
        self._menu.ask.triggered.connect(self.ask_requested)
        self._menu.show_window.triggered.connect(self.show_requested)
        self._menu.quit.triggered.connect(self.quit_requested)
        self.setContextMenu(self._menu)
        self.setToolTip("Alcove")
        self.activated.connect(self._on_activated)

    @staticmethod
    def is_available() -> bool:
        return QSystemTrayIcon.isSystemTrayAvailable()

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.show_requested.emit()
