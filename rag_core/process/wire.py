"""Messages over a pipe: each with its length before it. What is inside is the business of the two ends."""

from __future__ import annotations

import os
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


def take_pipes(prints: bool = True) -> tuple[IO[bytes], IO[bytes]]:
    """A child's standard input and output, for its messages alone.

    What a library prints goes to standard error where it is wanted (`prints`), else nowhere, errors included.
    """
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    if not prints:
        os.dup2(nowhere, 2)
    os.dup2(2, 1)
    os.close(nowhere)
    return incoming, outgoing
