"""What the window remembers: `window.ini` in the data folder. A damaged file means the defaults."""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings

from app.kit.text import LANGUAGES

FILE = "window.ini"
_CHOICES = {"theme": ("system", "light", "dark"), "language": ("system", *LANGUAGES)}
_MOST_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Preferences:
    """Widths in pixels that do not depend on the screen; `geometry` is Qt's own description of the window's place."""

    theme: str = "system"
    language: str = "system"
    library: str = ""
    conversation_id: int = 0
    side_width: int = 264
    source_width: int = 460
    is_side_collapsed: bool = False
    is_in_tray: bool = False
    unfinished: str = ""  # files that were given and not read yet (`AddingController.resume`)
    geometry: bytes = b""

    def changed(self, **values: Any) -> Preferences:
        return replace(self, **values)


def load_preferences(folder: Path) -> Preferences:
    """Every value that makes no sense is left at its default."""
    stored = QSettings(str(folder / FILE), QSettings.Format.IniFormat)
    if stored.status() != QSettings.Status.NoError:
        return Preferences()
    defaults = Preferences()
    found: dict[str, Any] = {}
    for field in fields(Preferences):
        value = _understood(field.name, getattr(defaults, field.name), stored.value(f"window/{field.name}"))
        if value is not None:
            found[field.name] = value
    return Preferences(**found)


def save_preferences(preferences: Preferences, folder: Path) -> None:
    """Written as a whole, crash-safely (Qt writes beside the file and renames)."""
    stored = QSettings(str(folder / FILE), QSettings.Format.IniFormat)
    stored.clear()
    for name, value in asdict(preferences).items():
        text = base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else str(value)
        stored.setValue(f"window/{name}", text)
    stored.sync()


def _understood(name: str, default: object, text: object) -> object | None:
    """`text` as the kind of value that `default` is; None where it is not one."""
    if not isinstance(text, str):
        return None
    if isinstance(default, bool):
        return {"True": True, "False": False}.get(text)
    if isinstance(default, int):
        return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None
    if isinstance(default, bytes):
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return None
    return text if text in _CHOICES.get(name, (text,)) else None
