"""The settings as the dialog shows them: what is stored."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from rag_core.library.records import LibrarySettings
from rag_core.settings import InEffect, Settings


class SettingsModel(QObject):
    """`changed` after every change. `library` is empty while no library is open."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = Settings()
        self.in_effect = InEffect()  # what settings of 0 come to; zeros until the engine has told
        self.problem = ""  # why the stored settings cannot be read, where they cannot
        self.library = ""
        self.library_settings = LibrarySettings()
        self.needs_rereading = False  # the chunk size was changed since the documents were read
        self.data_folder: Path | None = None
        self.data_bytes: int | None = None
        self.theme = "system"
        self.language = "system"
        self.is_in_tray = False
        self.is_tray_available = True

    def set_settings(self, settings: Settings) -> None:
        self.settings = settings
        self.changed.emit()

    def set_in_effect(self, in_effect: InEffect) -> None:
        self.in_effect = in_effect
        self.changed.emit()

    def set_problem(self, problem: str) -> None:
        if problem != self.problem:
            self.problem = problem
            self.changed.emit()

    def set_library(self, library: str, settings: LibrarySettings) -> None:
        if library != self.library:
            self.needs_rereading = False
        self.library = library
        self.library_settings = settings
        self.changed.emit()

    def set_needs_rereading(self, needed: bool) -> None:
        self.needs_rereading = needed
        self.changed.emit()

    def set_data(self, folder: Path, size_bytes: int | None) -> None:
        self.data_folder = folder
        self.data_bytes = size_bytes
        self.changed.emit()

    def set_preferences(self, theme: str, language: str, is_in_tray: bool, is_tray_available: bool = True) -> None:
        """What the window remembers by itself."""
        self.theme, self.language = theme, language
        self.is_in_tray, self.is_tray_available = is_in_tray, is_tray_available
        self.changed.emit()
