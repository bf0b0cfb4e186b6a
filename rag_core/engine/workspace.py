"""What every job of an engine works with: one library, the models, the settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rag_core.engine.models import Models
from rag_core.index.records import Identity
from rag_core.index.store import Store
from rag_core.library.identity import identity_of
from rag_core.settings import Settings
from rag_core.stages import EMBED


@dataclass(frozen=True, slots=True)
class Workspace:
    """`reports` is where our own mistakes are written down."""

    store: Store
    models: Models
    settings: Settings
    reports: Path

    @property
    def identity(self) -> Identity:
        """What vectors and chunks that are made now are made by. Raises PackMissing, PackCorrupt."""
        return identity_of(self.models[EMBED].pack)
