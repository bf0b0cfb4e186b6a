"""The file that keeps a vector index between starts: a stamp of what it was made from, a checksum, FAISS's own bytes.

Layout: 8 bytes magic, uint32 length of the stamp, uint32 CRC-32 of all that follows (little-endian); the stamp as JSON
(`epoch`, `generation`); `faiss.serialize_index`.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag_core.errors import StorageFull
from rag_core.messages import say

NAME = "vectors.faiss"
State = tuple[str, int]

_MAGIC = b"ALCOVEV1"
_HEADER = struct.Struct("<8sII")


def write(path: Path, state: State, payload: npt.NDArray[np.uint8]) -> None:
    """Write beside the old file, flush, rename. Raises StorageFull, after which the old file stands."""
    partial = path.with_suffix(".partial")
    try:
        _write(partial, state, payload)
        partial.replace(path)
    except PermissionError:
        # On Windows a reader that is just loading the old file keeps it from being replaced. Its generation tells that
        # it is old, so this only costs the next start a moment.
        partial.unlink(missing_ok=True)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StorageFull(
            say("vectors-not-written", folder=str(path.parent), reason=error.strerror or str(error)),
            say("free-space-for-vectors"),
        ) from error


def _write(path: Path, state: State, payload: npt.NDArray[np.uint8]) -> None:
    stamp = json.dumps({"epoch": state[0], "generation": state[1]}).encode()
    with path.open("wb") as file:
        file.write(_HEADER.pack(_MAGIC, len(stamp), zlib.crc32(payload.data, zlib.crc32(stamp))))
        file.write(stamp)
        file.write(payload.data)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> tuple[State, npt.NDArray[np.uint8]] | None:
    """The stamp and FAISS's bytes; None where the file is missing or not exactly what was written."""
    try:
        raw = np.fromfile(path, dtype=np.uint8)
    except FileNotFoundError:
        return None
    if raw.size < _HEADER.size:
        return None
    magic, length, checksum = _HEADER.unpack(raw[: _HEADER.size].tobytes())
    body = raw[_HEADER.size :]
    if magic != _MAGIC or length > body.size or zlib.crc32(body.data) != checksum:
        return None
    stamp = json.loads(body[:length].tobytes())
    return (str(stamp["epoch"]), int(stamp["generation"])), body[length:]
