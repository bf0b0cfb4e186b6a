"""Messages over a pipe: each with its length before it. What is inside is the business of the two ends."""

from __future__ import annotations

import struct
from typing import IO

LENGTH = struct.Struct("<Q")


def send(stream: IO[bytes], payload: bytes) -> None:
    """One message: its length, then its bytes."""
    stream.write(LENGTH.pack(len(payload)))
    stream.write(payload)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """One message; None when the other side is gone."""
    header = stream.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(header)
    payload = stream.read(length)
    return payload if len(payload) == length else None
