"""What one library is set to: the file beside its documents."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rag_core.errors import UserError
from rag_core.library.records import Folder, LibrarySettings
from rag_core.messages import say
from rag_core.settings import Setting, read_object, write_object

SETTINGS_FILE = "library.json"


def load(path: Path, table: Iterable[Setting]) -> LibrarySettings:
    """Defaults where none were saved. Raises UserError for a damaged file or a wrong value."""
    stored = read_object(path)
    known = [row for row in table if row.per_library and stored.get(row.name) is not None]
    return LibrarySettings(
        overrides={row.name: row.checked(stored[row.name], path, asked_for=True) for row in known},
        folders=tuple(_folder(entry, path) for entry in _list(stored, "folders", path)),
        left_out=tuple(_left_out(entry, path) for entry in _list(stored, "left_out", path)),
    )


def save(settings: LibrarySettings, path: Path) -> None:
    """Crash-safe. Raises StorageFull."""
    value = {
        **settings.overrides,
        "folders": [{"path": str(folder.path), "in_sync": folder.in_sync} for folder in settings.folders],
        "left_out": [str(path) for path in settings.left_out],
    }
    write_object(value, path)


def _list(stored: dict[str, Any], name: str, path: Path) -> list[object]:
    value = stored.get(name)
    if value is not None and not isinstance(value, list):
        raise _wrong(path, name, value)
    return value or []


def _left_out(entry: object, path: Path) -> Path:
    if not isinstance(entry, str) or not entry:
        raise _wrong(path, "left_out", entry)
    return Path(entry)


def _folder(entry: object, path: Path) -> Folder:
    if isinstance(entry, dict):
        place, in_sync = entry.get("path"), entry.get("in_sync", True)
        if isinstance(place, str) and place and isinstance(in_sync, bool):
            return Folder(Path(place), in_sync)
    raise _wrong(path, "folders", entry)


def _wrong(path: Path, name: str, value: object) -> UserError:
    allowed = say("setting-list-of-places")
    return UserError(
        say("setting-wrong", name=name, path=str(path), value=repr(value), allowed=allowed), say("setting-correct-it")
    )
