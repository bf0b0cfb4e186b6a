"""Remembers which devices failed at which stage, so that a driver that fails, hangs or ends the process is not tried
again and again: the person is told, and may ask for another try.

A failure that raises is told to `failed`. One that ends the process cannot be told; so a marker lies on the disk while
native code runs for the first time after opening, and the next start finds it. Graphs are counted apart: one that
works does not excuse another that ends the process every time.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from rag_core.messages import NOTHING, Message, from_text, say, to_text
from rag_core.runtime.device_file import DeviceFile
from rag_core.runtime.devices import provider_of, spoken_name
from rag_core.runtime.plugins import plugin_of

_UNEXPECTED_ENDS = 2  # in a row; one may have been the power
_FAILED, _AT_WORK, _ENDS = "failed", "at_work", "unexpected_ends"
_OWNER = "#"  # between what is at work and who is at it, in the name of a marker


class Breaker:
    """Knows devices by their `key`. One per process, on `DataDir.device_file`; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._file = DeviceFile(path)
        self._lock = threading.Lock()
        self._working: dict[str, int] = {}
        self._name = secrets.token_hex(4)  # several processes may be at the same work

    def blocked(self, device: str, stage: str) -> Message:
        """Why a stage should not run there now; nothing where it may."""
        self._find_unexpected_ends()
        failure = self._file.section(_FAILED).get(_key(device, stage))
        if isinstance(failure, dict) and failure.get("version") == _version(device):
            return say("failed-before", reason=from_text(str(failure.get("reason", ""))))
        ends = self._most_ends(device, stage)
        if ends >= _UNEXPECTED_ENDS:
            return say("ended-at-work", ends=ends, device=spoken_name(device))
        return NOTHING

    def unexpected_ends(self) -> tuple[tuple[str, str], ...]:
        """(device, stage) of what was at work when a process ended, each told once: to who asks first after it."""
        return tuple(dict.fromkeys(map(_work_of, self._find_unexpected_ends())))

    def failed(self, device: str, stage: str, reason: Message) -> None:
        """Blocks the stage until `retry`, or until the provider's package has another version."""
        with self._file.changed(_FAILED) as failures:
            failures[_key(device, stage)] = {
                "reason": to_text(reason),
                "version": _version(device),
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
            }

    def retry(self) -> None:
        """Forget all: every device may be tried again."""
        self._find_unexpected_ends()
        for section in (_FAILED, _ENDS):
            with self._file.changed(section) as entries:
                entries.clear()

    @contextmanager
    def at_work(self, device: str, stage: str, graph: str = "") -> Iterator[None]:
        """Around the opening of a graph and its first run. Whatever it raises, the process has survived it."""
        key = _key(device, stage, graph)
        self._find_unexpected_ends()
        self._mark(key, 1)
        try:
            yield
        finally:
            self._mark(key, -1)

    def excuse(self) -> None:
        """This process is about to end on purpose: what it leaves unfinished is held against no device."""
        with self._file.changed(_AT_WORK) as markers:
            for marker in [marker for marker, owner in markers.items() if owner == _this_process()]:
                del markers[marker]

    def _mark(self, key: str, step: int) -> None:
        """The marker lies there while at least one thread is at it; when the last comes back, all was well."""
        with self._lock:
            before = self._working.get(key, 0)
            self._working[key] = before + step
            if before and self._working[key]:
                return
            with self._file.changed(_AT_WORK) as markers:
                if step > 0:
                    markers[f"{key}{_OWNER}{self._name}"] = _this_process()
                else:
                    markers.pop(f"{key}{_OWNER}{self._name}", None)
            if step < 0:
                with self._file.changed(_ENDS) as ends:
                    ends.pop(key, None)

    def _find_unexpected_ends(self) -> list[str]:
        """Count the markers of processes that are no more, and take them away. Returns what was at work."""
        if all(map(_is_alive, self._file.section(_AT_WORK).values())):
            return []
        with self._file.changed(_AT_WORK) as markers:
            lost = [marker for marker, owner in markers.items() if not _is_alive(owner)]
            for marker in lost:
                del markers[marker]
        keys = [marker.partition(_OWNER)[0] for marker in lost]
        with self._file.changed(_ENDS) as ends:
            for key in keys:
                ends[key] = self._count(ends.get(key)) + 1
        return keys

    def _most_ends(self, device: str, stage: str) -> int:
        """In a row, of the graph that has the most."""
        ends = self._file.section(_ENDS).items()
        return max((self._count(count) for key, count in ends if _work_of(key) == (device, stage)), default=0)

    @staticmethod
    def _count(stored: object) -> int:
        return stored if isinstance(stored, int) else 0


def _key(device: str, stage: str, graph: str = "") -> str:
    return f"{device}/{stage}/{graph}" if graph else f"{device}/{stage}"


def _work_of(key: str) -> tuple[str, str]:
    """The device and the stage of a key."""
    device, _, work = key.partition("/")
    return device, work.partition("/")[0]


def _version(device: str) -> str:
    plugin = plugin_of(provider_of(device))
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
