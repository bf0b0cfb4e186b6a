"""The settings as the dialog shows them: what is stored, and the choices in plain words."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.kit.choice import Choice
from app.kit.text import tr
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


def place_choices() -> list[Choice]:
    return [
        Choice("auto", tr("Automatic: NPU first")),
        Choice("cpu", tr("Only on the processor")),
        Choice("npu", tr("Only on the NPU")),
    ]


def length_choices() -> list[Choice]:
    return [
        Choice(0, tr("What suits the model")),
        Choice(64, tr("Short: a sentence or two")),
        Choice(192, tr("Up to a paragraph")),
        Choice(512, tr("Up to several paragraphs")),
    ]


def reading_choices() -> list[Choice]:
    return [
        Choice(0, tr("What suits the model")),
        Choice(150, tr("Little: quicker answers")),
        Choice(500, tr("More: fuller answers, slower")),
        Choice(1500, tr("A lot: fullest answers, slowest")),
    ]


def threshold_choices() -> list[Choice]:
    """How sure the search must be before anything is answered."""
    return [
        Choice(0.8, tr("Answer only when sure")),
        Choice(0.65, tr("Answer when fairly sure")),
        Choice(0.5, tr("Balanced")),
        Choice(0.35, tr("Answer more often")),
        Choice(0.2, tr("Answer nearly always")),
    ]


def chunk_choices() -> list[Choice]:
    return [
        Choice(120, tr("Short: exact places")),
        Choice(170, tr("Medium")),
        Choice(220, tr("Long: more context")),
    ]


def theme_choices() -> list[Choice]:
    return [
        Choice("system", tr("Like the system")),
        Choice("light", tr("Light")),
        Choice("dark", tr("Dark")),
    ]


def automatic(value: int) -> str:
    """What is left to Alcove, and what that comes to where it is known."""
    return tr("Automatic ({value})", value=value) if value else tr("Automatic")
