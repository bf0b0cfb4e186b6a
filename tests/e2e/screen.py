"""A screen of one's own, where this computer can make one: an X server that shows its pixels as a file."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_WIDTH, _HEIGHT = 1440, 900
_HEADER_FIELDS = 25  # of an XWD file: big-endian, 32 bits each
_COLOUR_BYTES = 12


@dataclass(frozen=True, slots=True)
class Screen:
    display: str
    pixels: Path

    def environment(self) -> dict[str, str]:
        return os.environ | {"DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}

    def share_of(self, colour: str) -> float:
        """How much of the screen has this colour (#rrggbb)."""
        content = self.pixels.read_bytes()
        header = np.frombuffer(content, ">u4", _HEADER_FIELDS)
        start = int(header[0]) + int(header[19]) * _COLOUR_BYTES
        rows = np.frombuffer(content, np.uint8, offset=start)[: _HEIGHT * int(header[12])].reshape(_HEIGHT, -1, 4)
        wanted = np.array([int(colour[i : i + 2], 16) for i in (5, 3, 1)], np.uint8)
        return float((rows[:, :_WIDTH, :3] == wanted).all(axis=2).mean())


def can_be_made() -> bool:
    return shutil.which("Xvfb") is not None


@contextmanager
def made(folder: Path) -> Iterator[Screen]:
    """Runs an X server; it says itself which number was free."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [
            "Xvfb",
            "-displayfd",
            str(writing),
            "-screen",
            "0",
            f"{_WIDTH}x{_HEIGHT}x24",
            "-fbdir",
            str(folder),
            "-nolisten",
            "tcp",
        ],
        pass_fds=(writing,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as said:
            number = said.readline().strip()
        assert number, "the X server did not start"
        yield Screen(f":{number}", folder / "Xvfb_screen0")
    finally:
        server.terminate()
        server.wait(timeout=10)
