"""Facts about network use of the window's own process: measured each time, never promised.

`watch_network` goes in before anything else: from then on every attempt of Python code to reach another machine is
refused and noted. It cannot see Qt's own sockets; so the second fact is that Qt's network library is not loaded, and
the third is what the system says about open connections.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from rag_core.host.events import SilenceReport

NETWORK_MODULES = ("socket", "ssl", "http.client", "urllib.request", "requests", "httpx", "huggingface_hub")
_NAME_LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")
_SENDINGS = ("socket.connect", "socket.sendto", "socket.sendmsg")
_MOST_NOTED = 100


class NetworkRefused(PermissionError):
    """An attempt to reach the network, stopped."""


@dataclass(slots=True)
class NetworkWatch:
    """What was stopped since the watch began: the kind of attempt and its target."""

    refused: list[str] = field(default_factory=list)

    def judge(self, event: str, args: tuple[Any, ...]) -> None:
        """Called for every audit event of the process. Raises NetworkRefused for an attempt to reach the network."""
        if event in _NAME_LOOKUPS:
            self._refuse(f"{event} {args[0]}")
        elif event in _SENDINGS and isinstance(args[1], tuple):  # a local socket's address is text, not host and port
            self._refuse(f"{event} {':'.join(str(part) for part in args[1][:2])}")

    def _refuse(self, attempt: str) -> None:
        if len(self.refused) < _MOST_NOTED:
            self.refused.append(attempt)
        raise NetworkRefused(f"Alcove does not use the network ({attempt}).")


@dataclass(frozen=True, slots=True)
class WindowSilence:
    """`qt_network` is whether Qt's network library is loaded; None where the system does not tell."""

    report: SilenceReport
    qt_network: bool | None
    is_watched: bool


def watch_network() -> NetworkWatch:
    """Refuse and note every network attempt of this process from now on. Nothing can take the watch away again."""
    watch = NetworkWatch()
    sys.addaudithook(watch.judge)
    return watch


def measure_window(watch: NetworkWatch | None) -> WindowSilence:
    """Takes some milliseconds (the system lists connections and libraries): not for the main thread."""
    process = psutil.Process(os.getpid())
    report = SilenceReport(
        (process.pid,),
        _connections(process),
        tuple(name for name in NETWORK_MODULES if name in sys.modules),
        tuple(watch.refused) if watch else (),
    )
    return WindowSilence(report, _has_qt_network(process), watch is not None)


def _connections(process: psutil.Process) -> tuple[str, ...] | None:
    try:
        found = process.net_connections(kind="inet")
    except (psutil.Error, OSError):
        return None
    return tuple(_place(connection.raddr or connection.laddr) for connection in found)


def _place(address: Any) -> str:
    return f"{address.ip}:{address.port}" if address else "?"


def _has_qt_network(process: psutil.Process) -> bool | None:
    if "PySide6.QtNetwork" in sys.modules:
        return True
    if not hasattr(process, "memory_maps"):  # macOS
        return None
    try:
        maps = process.memory_maps()
    except (psutil.Error, OSError):
        return None
    return any("Qt6Network" in Path(entry.path).name or "QtNetwork" in Path(entry.path).name for entry in maps)
