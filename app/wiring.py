"""Who listens to whom: every controller and widget is made here, and connected. No logic."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel

from app.controllers.setup import SetupController
from app.engine_client import EngineClient
from app.preferences import Preferences
from app.viewmodels.setup import SetupViewModel
from app.widgets.first_run import FirstRun
from app.widgets.main_window import MainWindow
from app.widgets.shortcuts_dialog import ShortcutsDialog
from rag_core.paths import DataDir


class Wiring(QObject):
    preferences_changed = Signal(object)
    quit_requested = Signal()

    def __init__(self, engine: EngineClient, data_dir: DataDir, preferences: Preferences, parent: QObject) -> None:
        super().__init__(parent)
        self.window = MainWindow()
        self.setup_model = SetupViewModel(self)
        self.setup = SetupController(engine, self.setup_model, self)
        self.first_run = FirstRun(self.setup_model)
        self.first_run.prepare_requested.connect(self.setup.prepare)
        self.first_run.prepare_cancelled.connect(self.setup.cancel)
        self.first_run.samples_requested.connect(self.setup.try_samples)
        self.first_run.pack_folder_chosen.connect(self.setup.import_folder)
        self.window.add_page("start", self.first_run)
        self.window.place_side(QLabel("libraries"), QLabel("conversations"))
        self.window.place_source(QLabel("source"))
        self.window.place_bottom(QLabel("indexing"), QLabel("stage"))
        engine.engine_ready.connect(self.setup.look)
        engine.noticed.connect(self.window.notices.show_notice)
        self.setup.noticed.connect(self.window.notices.show_notice)
        self.window.actions_by_name["show_shortcuts"].triggered.connect(lambda: ShortcutsDialog(self.window).open())
        self.window.remember(
            preferences.geometry, preferences.side_width, preferences.source_width, preferences.is_side_collapsed
        )

    def remembered(self, preferences: Preferences) -> Preferences:
        window = self.window
        return preferences.changed(
            geometry=window.saveGeometry().data(),
            side_width=window.side_width,
            source_width=window.source_width,
            is_side_collapsed=window.is_side_collapsed,
        )

    def shutdown(self) -> None:
        self.setup.shutdown()
        self.window.shutdown()
