"""Remembers which devices failed at which stage, so that a driver that fails, hangs or ends the process is not tried
again and again: the person is told, and may ask for another try.

A failure that raises is told to `failed`. One that ends the process cannot be told; so a marker lies on the disk while
native code runs for the first time after opening, and the next start finds it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from rag_core.runtime.device_file import DeviceFile
from rag_core.runtime.devices import plain_name
from rag_core.runtime.plugins import plugin_of

_UNEXPECTED_ENDS = 2  # in a row; one may have been the power
_FAILED, _AT_WORK, _ENDS = "failed", "at_work", "unexpected_ends"


class Breaker:
    """One per process, on `DataDir.device_file`; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._file = DeviceFile(path)
        self._lock = threading.Lock()
        self._working: dict[str, int] = {}

    def blocked(self, provider: str, stage: str) -> str:
        """Why a stage should not run there now, in plain words; empty where it may."""
        key = _key(provider, stage)
        self._find_unexpected_ends()
        failure = self._file.section(_FAILED).get(key)
        if isinstance(failure, dict) and failure.get("version") == _version(provider):
            return f"It failed before: {failure.get('reason', '')}"
        if self._ends(key) >= _UNEXPECTED_ENDS:
            return f"Alcove ended unexpectedly {self._ends(key)} times while {plain_name(provider)} was at work."
        return ""

    def unexpected_ends(self) -> tuple[tuple[str, str], ...]:
        """(provider, stage) of what was at work when a process ended, each told once: to who asks first after it."""
        pairs = (key.partition("/") for key in self._find_unexpected_ends())
        return tuple((provider, stage) for provider, _, stage in pairs)

    def failed(self, provider: str, stage: str, reason: str) -> None:
        """Blocks the stage until `retry`, or until the provider's package has another version."""
        with self._file.changed(_FAILED) as failures:
            failures[_key(provider, stage)] = {
                "reason": reason,
                "version": _version(provider),
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
            }

    def retry(self) -> None:
        """Forget all: every device may be tried again."""
        for section in (_FAILED, _AT_WORK, _ENDS):
            with self._file.changed(section) as entries:
                entries.clear()

    @contextmanager
    def at_work(self, provider: str, stage: str) -> Iterator[None]:
        """Around the opening of a model and its first run. Whatever it raises, the process has survived it."""
        key = _key(provider, stage)
        self._find_unexpected_ends()
        self._mark(key, 1)
        try:
            yield
        finally:
            self._mark(key, -1)

    def _mark(self, key: str, step: int) -> None:
        """The marker lies there while at least one thread is at it; when the last comes back, all was well."""
        with self._lock:
            before = self._working.get(key, 0)
            self._working[key] = before + step
            if before and self._working[key]:
                return
            with self._file.changed(_AT_WORK) as markers:
                if step > 0:
                    markers[key] = _this_process()
                else:
                    markers.pop(key, None)
            if step < 0:
                with self._file.changed(_ENDS) as ends:
                    ends.pop(key, None)

    def _find_unexpected_ends(self) -> list[str]:
        """Count the markers of processes that are no more, and take them away."""
        lost = [key for key, owner in self._file.section(_AT_WORK).items() if not _is_alive(owner)]
        if not lost:
            return []
        with self._file.changed(_AT_WORK) as markers:
            lost = [key for key in lost if key in markers and not _is_alive(markers[key])]
            for key in lost:
                del markers[key]
        with self._file.changed(_ENDS) as ends:
            for key in lost:
                ends[key] = self._count(ends.get(key)) + 1
        return lost

    def _ends(self, key: str) -> int:
        return self._count(self._file.section(_ENDS).get(key))

    @staticmethod
    def _count(stored: object) -> int:
        return stored if isinstance(stored, int) else 0


def _key(provider: str, stage: str) -> str:
    return f"{provider}/{stage}"


def _version(provider: str) -> str:
    plugin = plugin_of(provider)
    return plugin.version if plugin else ""


def _this_process() -> dict[str, Any]:
    return {"pid": os.getpid(), "started": psutil.Process().create_time()}


def _is_alive(owner: object) -> bool:
    """A number is given to another process sooner or later; the moment of its start tells them apart."""
    if not isinstance(owner, dict):
        return False
    try:
        return bool(psutil.Process(owner["pid"]).create_time() == owner["started"])
    except (psutil.Error, KeyError, TypeError, ValueError):
        return False
