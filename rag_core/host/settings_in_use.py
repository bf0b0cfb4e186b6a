"""The settings that are in use, whatever the file says."""

from __future__ import annotations

from rag_core.errors import UserError
from rag_core.paths import DataDir
from rag_core.settings import Settings


def settings_in_use(data_dir: DataDir) -> Settings:
    """Those of the file; where it is damaged, the defaults: it must not keep a person from their documents.

    `LoadSettings` tells them of the damage.
    """
    try:
        return Settings.load(data_dir.settings_file)
    except UserError:
        return Settings()
