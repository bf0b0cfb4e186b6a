"""The settings, made and connected; their dialog is made when it is wanted first."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.engine.feature import Feature
from app.engine.jobs import EngineLink
from app.settings.settings_controller import SettingsController
from app.settings.settings_dialog import SettingsDialog
from rag_core.paths import DataDir


class SettingsFeature(Feature):
    """`preferences_changed` carries what the window remembers by itself, by name. The other two open what belongs to
    another part of the window.
    """

    preferences_changed = Signal(dict)
    stages_requested = Signal()
    proof_requested = Signal()

    def __init__(self, engine: EngineLink, data_dir: DataDir, window: QWidget, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.controller = SettingsController(engine, data_dir, self)
        self._window = window
        self._dialog: SettingsDialog | None = None
        self._look_after(self.controller)

    def show(self) -> None:
        if self._dialog is None:
            self._dialog = SettingsDialog(self.controller.model, self.controller.packs, self._window)
            self._connect(self._dialog)
        self._dialog.open()

    def _connect(self, dialog: SettingsDialog) -> None:
        controller = self.controller
        dialog.opened.connect(controller.refresh)
        dialog.settings_changed.connect(controller.save)
        dialog.library.values_changed.connect(controller.save_library)
        dialog.defaults_requested.connect(controller.go_back_to_defaults)
        dialog.models.check_requested.connect(controller.check_pack)
        dialog.models.import_requested.connect(controller.import_pack)
        dialog.models.import_stopped.connect(controller.stop_import)
        dialog.models.preparation_requested.connect(controller.prepare_packs)
        dialog.place.stages_requested.connect(self.stages_requested)
        dialog.library.reread_requested.connect(controller.reread)
        dialog.look.theme_chosen.connect(lambda theme: self.preferences_changed.emit({"theme": theme}))
        dialog.look.language_chosen.connect(lambda code: self.preferences_changed.emit({"language": code}))
        dialog.look.tray_chosen.connect(lambda is_on: self.preferences_changed.emit({"is_in_tray": is_on}))
        dialog.data.folder_requested.connect(controller.open_data_folder)
        dialog.privacy.proof_requested.connect(self.proof_requested)
        dialog.privacy.conversations_deletion_confirmed.connect(controller.delete_conversations)
