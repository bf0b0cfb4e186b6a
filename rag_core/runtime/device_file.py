"""What is known of this machine's devices, kept between starts in one small file.

It can be learnt anew, so a damaged file counts as an empty one, and a disk that is full forgets instead of failing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rag_core.paths import replace_file

_changing = threading.Lock()


class DeviceFile:
    """Safe to use from several threads. Each section is an object of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, Any] | None = None

    def section(self, name: str) -> dict[str, Any]:
        """As it is on the disk, or as it was last changed where it cannot be written."""
        found = self._read().get(name, {})
        return dict(found) if isinstance(found, dict) else {}

    @contextmanager
    def changed(self, name: str) -> Iterator[dict[str, Any]]:
        """The section, to be changed inside the block; written at its end when it differs."""
        with _changing:
            stored = self._read()
            before = json.dumps(stored)
            section = stored.get(name)
            stored[name] = section if isinstance(section, dict) else {}
            yield stored[name]
            if json.dumps(stored) != before:
                self._write(stored)

    def _read(self) -> dict[str, Any]:
        if self._known is not None:
            return json.loads(json.dumps(self._known))  # type: ignore[no-any-return]
        with suppress(OSError, ValueError):
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            return stored if isinstance(stored, dict) else {}
        return {}

    def _write(self, stored: dict[str, Any]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._path, json.dumps(stored, indent=1, ensure_ascii=False).encode())
            self._known = None
        except OSError:
            self._known = stored
