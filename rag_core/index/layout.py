"""The layout of a page as one small blob: blocks and line boxes, column by column, deflated.

Format 1: byte 1, then deflated little-endian columns: two uint32 counts; blocks: kinds uint8, levels uint8, starts
int32, ends int32; lines: starts int32, ends int32, x0 y0 x1 y1 int32 in hundredths of a point. Columns of int32 are
stored as differences, because neighbours resemble each other. Boxes are therefore exact to 0.005 points.
"""

from __future__ import annotations

import struct
import zlib
from typing import get_args

import numpy as np
import numpy.typing as npt

from rag_core.types import Block, BlockKind, LineBox

_FORMAT = 1
_KINDS: tuple[BlockKind, ...] = get_args(BlockKind)
_BOX_SCALE = 100.0
_COUNTS = struct.Struct("<II")


def pack_layout(blocks: tuple[Block, ...], lines: tuple[LineBox, ...]) -> bytes:
    boxes = np.array([(line.x0, line.y0, line.x1, line.y1) for line in lines], dtype=np.float64).reshape(-1, 4)
    columns = [
        bytes(_KINDS.index(block.kind) for block in blocks),
        bytes(min(block.level, 255) for block in blocks),
        _differences([block.start for block in blocks]),
        _differences([block.end for block in blocks]),
        _differences([line.start for line in lines]),
        _differences([line.end for line in lines]),
        *(_differences(np.rint(boxes[:, side] * _BOX_SCALE).astype(np.int64)) for side in range(4)),
    ]
    return bytes([_FORMAT]) + zlib.compress(_COUNTS.pack(len(blocks), len(lines)) + b"".join(columns), level=3)


def unpack_layout(blob: bytes) -> tuple[tuple[Block, ...], tuple[LineBox, ...]]:
    """The reverse. Raises ValueError for an unknown format."""
    if not blob or blob[0] != _FORMAT:
        raise ValueError("unknown layout format")
    raw = zlib.decompress(blob[1:])
    block_count, line_count = _COUNTS.unpack_from(raw)
    kinds = raw[_COUNTS.size :][:block_count]
    levels = raw[_COUNTS.size + block_count :][:block_count]
    at = _COUNTS.size + 2 * block_count
    starts, ends = (_sums(raw, at + 4 * block_count * i, block_count) for i in range(2))
    at += 8 * block_count
    line_columns = [_sums(raw, at + 4 * line_count * i, line_count) for i in range(6)]
    blocks = tuple(
        Block(_KINDS[kind], start, end, level)
        for kind, start, end, level in zip(kinds, starts.tolist(), ends.tolist(), levels, strict=True)
    )
    boxes = (column / _BOX_SCALE for column in line_columns[2:])
    offsets = (column.tolist() for column in line_columns[:2])
    lines = tuple(LineBox(*row) for row in zip(*offsets, *(box.tolist() for box in boxes), strict=True))
    return blocks, lines


def _differences(values: list[int] | npt.NDArray[np.int64]) -> bytes:
    return np.diff(np.asarray(values, dtype=np.int64), prepend=0).astype("<i4").tobytes()


def _sums(raw: bytes, at: int, count: int) -> npt.NDArray[np.int64]:
    return np.cumsum(np.frombuffer(raw, dtype="<i4", count=count, offset=at), dtype=np.int64)
