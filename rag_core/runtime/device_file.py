"""What is known of this machine's devices, kept between starts in one small file.

It can be learnt anew, so a damaged file counts as an empty one, and a disk that is full forgets instead of failing.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rag_core.paths import replace_file
from rag_core.storage.file_lock import FileLock

_PATIENCE_S, _PAUSE_S = 2.0, 0.005  # a change takes milliseconds; who keeps the lock for seconds is stuck
_TRIES = 10
_changing = threading.Lock()


class DeviceFile:
    """Safe to use from several threads and processes. Each section is an object of its own."""

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
        with _changing, self._alone():
            stored = self._read()
            before = json.dumps(stored)
            section = stored.get(name)
            stored[name] = section if isinstance(section, dict) else {}
            yield stored[name]
            if json.dumps(stored) != before:
                self._write(stored)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Among the processes: the window's engine and the command line may learn something at once."""
        lock = FileLock(self._path.with_name(f"{self._path.name}.lock"))
        with suppress(OSError):  # where no lock can be written, nothing else can
            self._path.parent.mkdir(parents=True, exist_ok=True)
            until = time.monotonic() + _PATIENCE_S
            while not lock.acquire() and time.monotonic() < until:
                time.sleep(_PAUSE_S)
        try:
            yield
        finally:
            lock.release()

    def _read(self) -> dict[str, Any]:
        if self._known is not None:
            return json.loads(json.dumps(self._known))  # type: ignore[no-any-return]
        with suppress(OSError, ValueError):
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            return stored if isinstance(stored, dict) else {}
        return {}

    def _write(self, stored: dict[str, Any]) -> None:
        content = json.dumps(stored, indent=1, ensure_ascii=False).encode()
        for _ in range(_TRIES):
            try:
                replace_file(self._path, content)
            except PermissionError:  # Windows, while another process reads the file
                time.sleep(_PAUSE_S)
            except OSError:
                break
            else:
                self._known = None
                return
        self._known = stored
