"""The engine's code cannot reach the network, and what tried is told. The hook stays: so it is tried in a child."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_TRIES = """
import socket
from rag_core.host.silence import Silence
silence = Silence()
silence.install()
for attempt in (lambda: socket.create_connection(("192.0.2.1", 9), 1), lambda: socket.getaddrinfo("example.org", 80),
                lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 9))):
    try:
        attempt()
    except PermissionError:
        continue
    raise SystemExit("it went through")
report = silence.report()
print(*sorted(set(report.refused)), "socket" in report.network_modules)
"""


def test_attempts_are_refused_and_remembered() -> None:
    done = subprocess.run([sys.executable, "-c", _TRIES], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["socket.getaddrinfo", "socket.sendto", "True"]
