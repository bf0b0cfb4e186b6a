"""The window's life: opened, wired, closed by one path. Who listens to whom is in `app.shell.wiring`."""

from __future__ import annotations

import sys
from typing import Any

from PySide6.QtCore import QLocale, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app.engine.client import EngineClient, EngineProcessLike, MakeProcess, OnEvent, OnExit
from app.engine.silence import NetworkWatch, watch_network
from app.kit import design
from app.kit.resources import app_icon
from app.kit.text import LANGUAGES, use_language
from app.shell.console import Console
from app.shell.crash import CrashReporter, show_mistake
from app.shell.garbage import GarbageCollector
from app.shell.preferences import Preferences, load_preferences, save_preferences
from app.shell.single_instance import SingleInstance
from app.shell.tray import Tray
from app.shell.wiring import Wiring
from rag_core.cli import DONE, FAILED
from rag_core.cli.words import in_words
from rag_core.messages import say
from rag_core.paths import DataDir

CLOSE_TIMEOUT_S = 3.0


def run(data_dir: DataDir, library: str = "") -> int:
    """Open the window, or raise the one that is open already; returns the exit code."""
    watch = watch_network()
    instance = SingleInstance(data_dir.root)
    if not instance.is_first:
        if instance.ask_first_to_show():
            return DONE
        silent = say("open-already", folder=str(data_dir.root))
        sys.stderr.write(f"{in_words(silent)}\n{in_words(say('wait-or-end-other'))}\n")
        return FAILED
    qt = make_qt_application()
    application = Application(data_dir, library, engine_process(data_dir), instance, watch)
    application.open()
    code = qt.exec()
    application.shutdown()
    return code


def make_qt_application() -> QApplication:
    qt = QApplication(["alcove"])
    qt.setApplicationName("alcove")
    qt.setApplicationDisplayName("Alcove")
    qt.setDesktopFileName("alcove")
    qt.setStyle("Fusion")
    qt.setQuitOnLastWindowClosed(False)  # the one shutdown path decides
    qt.setWindowIcon(app_icon())
    return qt


def engine_process(data_dir: DataDir) -> MakeProcess:
    """How the engine's process is made; its module is not needed before the window stands."""

    def make(on_event: OnEvent, on_exit: OnExit) -> EngineProcessLike:
        from rag_core.host.process import EngineProcess

        return EngineProcess(data_dir.root, on_event, on_exit)

    return make


class Application(QObject):
    """Owns everything that has to be closed. `closed` when nothing is left running."""

    closed = Signal()

    def __init__(
        self,
        data_dir: DataDir,
        library: str,
        make_process: MakeProcess,
        instance: SingleInstance,
        watch: NetworkWatch | None = None,
    ) -> None:
        super().__init__()
        self._data_dir = data_dir
        self._instance = instance
        self._is_closed = False
        self._tray: Tray | None = None
        self._console = Console(self)
        self.preferences = load_preferences(data_dir.root)
        if library:
            self.preferences = self.preferences.changed(library=library, conversation_id=0)
        self._garbage = GarbageCollector(self)
        self.crashes = CrashReporter(data_dir.root, self)
        self.crashes.install()
        self.apply_look(self.preferences)
        self.engine = EngineClient(make_process, parent=self)
        self.wiring = Wiring(self.engine, data_dir, self.preferences, watch, self)
        self.window = self.wiring.window
        self._connect()
        self._use_tray()
        self._tell_settings()

    def open(self) -> None:
        """The window first; the engine in the next turn of the event loop, when it has been painted."""
        self.window.show()
        self.window.focus_content()
        self._instance.watch()
        QTimer.singleShot(0, self, self.engine.start)

    def quit(self) -> None:
        """Ends the event loop; `shutdown` follows."""
        QGuiApplication.quit()

    def shutdown(self) -> None:
        """The one path: what is remembered, then the jobs, the process, the watchers. Harmless twice."""
        if self._is_closed:
            return
        self._is_closed = True
        self.preferences = self.wiring.remembered(self.preferences)
        self.window.hide()
        if self._tray is not None:
            self._tray.hide()
        self.wiring.shutdown()
        self.engine.shutdown(CLOSE_TIMEOUT_S)
        save_preferences(self.preferences, self._data_dir.root)
        self._instance.shutdown()
        self._console.shutdown()
        self.crashes.shutdown()
        self._garbage.shutdown()
        self.closed.emit()

    def apply_look(self, preferences: Preferences) -> None:
        """Theme and language, at once and everywhere."""
        qt = QApplication.instance()
        if isinstance(qt, QApplication):
            design.apply(qt, theme_in_use(preferences.theme))
        use_language(language_in_use(preferences.language))

    def change_preferences(self, values: dict[str, Any]) -> None:
        """At once, and for the next start."""
        preferences = self.preferences.changed(**values)
        if (preferences.theme, preferences.language) != (self.preferences.theme, self.preferences.language):
            self.apply_look(preferences)
        self.preferences = preferences
        self._use_tray()
        self._tell_settings()
        save_preferences(preferences, self._data_dir.root)

    def _connect(self) -> None:
        self.crashes.happened.connect(lambda mistake: show_mistake(mistake, self.window))
        self.window.closed.connect(self.quit)
        self.window.actions_by_name["quit"].triggered.connect(self.quit)
        self.wiring.preferences_changed.connect(self.change_preferences)
        self._instance.raise_requested.connect(self.window.come_up)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_scheme)
        self._console.end_requested.connect(self.quit)

    def _use_tray(self) -> None:
        """There or not, as the person wants it; without a place for it, closing the window ends the program."""
        is_wanted = self.preferences.is_in_tray and Tray.is_available()
        self.window.hides_on_close = is_wanted
        if is_wanted and self._tray is None:
            self._tray = self.wiring.make_tray()
            self._tray.quit_requested.connect(self.quit)
        if self._tray is not None:
            self._tray.setVisible(is_wanted)

    def _tell_settings(self) -> None:
        chosen = self.preferences
        self.wiring.settings.controller.model.set_preferences(
            chosen.theme, chosen.language, chosen.is_in_tray, Tray.is_available()
        )

    def _on_scheme(self) -> None:
        if self.preferences.theme == "system" and not self._is_closed:
            self.apply_look(self.preferences)


def theme_in_use(chosen: str) -> design.ThemeName:
    if chosen == "light":
        return "light"
    is_dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return "dark" if chosen == "dark" or is_dark else "light"


def language_in_use(chosen: str) -> str:
    if chosen in LANGUAGES:
        return chosen
    system = QLocale.system().name()[:2]
    return system if system in LANGUAGES else "en"
