"""What one library is set to: the file beside its documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rag_core.errors import UserError
from rag_core.library.records import Folder, LibrarySettings
from rag_core.settings import read_object, write_object

SETTINGS_FILE = "library.json"


def load(path: Path) -> LibrarySettings:
    """Defaults where none were saved. Raises UserError for a damaged file or a wrong value."""
    stored = read_object(path)
    return LibrarySettings(
        top_k=_whole_number(stored, "top_k", path),
        relevance_threshold=_share(stored, "relevance_threshold", path),
        chunk_tokens=_whole_number(stored, "chunk_tokens", path),
        folders=tuple(_folder(entry, path) for entry in _list(stored, "folders", path)),
        left_out=tuple(_left_out(entry, path) for entry in _list(stored, "left_out", path)),
    )


def save(settings: LibrarySettings, path: Path) -> None:
    """Crash-safe. Raises StorageFull."""
    value = {
        **overrides(settings),
        "folders": [{"path": str(folder.path), "in_sync": folder.in_sync} for folder in settings.folders],
        "left_out": [str(path) for path in settings.left_out],
    }
    write_object(value, path)


def overrides(settings: LibrarySettings) -> dict[str, object]:
    """What holds for the library instead of the general settings; None where nothing does."""
    return {
        "top_k": settings.top_k,
        "relevance_threshold": settings.relevance_threshold,
        "chunk_tokens": settings.chunk_tokens,
    }


def _whole_number(stored: dict[str, Any], name: str, path: Path) -> int | None:
    value = stored.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise _wrong(path, name, value)
    return value


def _share(stored: dict[str, Any], name: str, path: Path) -> float | None:
    value = stored.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise _wrong(path, name, value)
    return float(value)


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
    return UserError(
        f"The setting “{name}” in {path} has the value {value!r}, which it cannot have.",
        "Correct it, or delete the line.",
    )
