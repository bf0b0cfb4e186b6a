"""The engine process keeps off the network, and can show it: attempts of its own code are refused and remembered."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rag_core.host.events import SilenceReport

if TYPE_CHECKING:
    import psutil

_REFUSED_EVENTS = frozenset(
    {
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyaddr",
        "socket.gethostbyname",
        "socket.getnameinfo",
        "socket.sendmsg",
        "socket.sendto",
    }
)
_NETWORK_MODULES = ("socket", "ssl", "asyncio", "http.client", "http.server", "urllib.request", "ftplib", "smtplib",
                    "xmlrpc.client", "requests", "urllib3", "httpx", "aiohttp", "websockets")  # fmt: skip
_MOST_REMEMBERED = 1000


class Silence:
    """Install it once, first of all: an audit hook stays for the life of its process."""

    def __init__(self) -> None:
        self._refused: list[str] = []

    def install(self) -> None:
        sys.addaudithook(self._refuse)

    def _refuse(self, event: str, _args: tuple[object, ...]) -> None:
        if event in _REFUSED_EVENTS:
            if len(self._refused) < _MOST_REMEMBERED:
                self._refused.append(event)
            raise PermissionError(f"The engine of Alcove does not use the network ({event}).")

    def report(self) -> SilenceReport:
        """What the system says of this process and its children, now."""
        import psutil

        processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
        modules = tuple(name for name in _NETWORK_MODULES if name in sys.modules)
        return SilenceReport(
            tuple(process.pid for process in processes), _connections(processes), modules, tuple(self._refused)
        )


def _connections(processes: list[psutil.Process]) -> tuple[str, ...] | None:
    import psutil

    found: list[str] = []
    for process in processes:
        try:
            open_ones = process.net_connections(kind="inet")
        except psutil.NoSuchProcess:
            continue  # it has ended since
        except (psutil.AccessDenied, NotImplementedError, OSError):
            return None
        found += [f"{process.pid}: {one.laddr} → {one.raddr} {one.status}" for one in open_ones]
    return tuple(found)
