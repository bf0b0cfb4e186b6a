"""Names of libraries: they are names of folders too."""

from __future__ import annotations

import re
import unicodedata

from rag_core.errors import UserError
from rag_core.messages import say

_NAME = re.compile(r"[^\W_][\w .,&'’()+-]{0,63}")  # what every file system takes: "Hollis & Marsh (2026)"
_WINDOWS_DEVICES = re.compile(r"(?:CON|PRN|AUX|NUL|COM\d|LPT\d)(?:\..*)?", re.IGNORECASE)
_DIGITS = re.compile(r"(\d+)")


def check_library_name(name: str) -> None:
    """Raises UserError for a name that is no folder name on every system."""
    if not _NAME.fullmatch(name) or name.endswith((".", " ")):
        raise UserError(say("no-library-name", name=name), say("use-these-letters"))
    if _WINDOWS_DEVICES.fullmatch(name):
        raise UserError(say("name-of-windows", name=name), say("choose-another-name"))


def natural_order(name: str) -> tuple[tuple[int, str], ...]:
    """A key for sorting names as a person does: "Part 9" before "Part 10", capitals beside small letters."""
    parts = _DIGITS.split(unicodedata.normalize("NFKC", name).casefold())
    return tuple((int(part), "") if index % 2 else (-1, part) for index, part in enumerate(parts))


def sameness(name: str) -> str:
    """Windows and macOS take names for the same that differ in capitals or in how accents are written."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
