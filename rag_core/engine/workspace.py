"""What every job of an engine works with: one library, the models, the settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rag_core.engine.models import Models
from rag_core.errors import LibraryMissing
from rag_core.index.library_index import LibraryIndex
from rag_core.index.store import Store
from rag_core.paths import DataDir
from rag_core.settings import Settings


@dataclass(frozen=True, slots=True)
class Workspace:
    """`reports` is where our own mistakes are written down. `closes_models`: nobody else uses them."""

    index: LibraryIndex
    models: Models
    settings: Settings
    reports: Path
    closes_models: bool = True

    @property
    def store(self) -> Store:
        return self.index.store

    def close(self) -> None:
        if self.closes_models:
            self.models.close()
        self.index.close()


def open_workspace(
    data_dir: DataDir, library: str, models: Models, settings: Settings, read_only: bool, closes_models: bool
) -> Workspace:
    """Opens the library's files, no model. Raises LibraryLocked, LibraryTooNew, LibraryMissing (read-only)."""
    folder = data_dir.libraries / library
    if read_only and not folder.is_dir():
        raise LibraryMissing(f"There is no library “{library}” yet.", "Add documents to it.")
    store = Store.open(folder, read_only=read_only)
    return Workspace(LibraryIndex(store), models, settings, data_dir.reports, closes_models)
