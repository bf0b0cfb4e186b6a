"""Read a GGUF file: metadata and tensors, with numpy alone.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, little endian). Only the tensor
encodings that our recipes meet are decoded: F32, F16, Q4_1 and Q8_0.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_core.types import FloatArray

_MAGIC = b"GGUF"
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

F32, F16, Q4_1, Q8_0 = 0, 1, 3, 8
# Bytes and values of one block, by encoding.
_BLOCKS = {F32: (4, 1), F16: (2, 1), Q4_1: (20, 32), Q8_0: (34, 32)}


@dataclass(frozen=True, slots=True)
class Q41:
    """A matrix as scale and minimum per 32 weights of a row: `weight = scale * code + minimum`, code in 0..15.

    `codes` (rows, columns) uint8, `scales` and `minimums` (rows, columns / 32) float32.
    """

    codes: npt.NDArray[np.uint8]
    scales: FloatArray
    minimums: FloatArray

    def take(self, rows: npt.NDArray[np.intp]) -> Q41:
        return Q41(self.codes[rows], self.scales[rows], self.minimums[rows])

    def dequantised(self) -> FloatArray:
        rows, columns = self.codes.shape
        blocks = self.codes.reshape(rows, columns // 32, 32).astype(np.float32)
        return (blocks * self.scales[..., None] + self.minimums[..., None]).reshape(rows, columns)


@dataclass(frozen=True, slots=True)
class GgufTensor:
    """Where a tensor lies. `shape` is in numpy's order (slowest first), the reverse of the file's."""

    shape: tuple[int, ...]
    encoding: int
    offset: int


class GgufFile:
    """A GGUF file, mapped into memory. Raises ValueError for anything that is not one."""

    def __init__(self, path: Path) -> None:
        self._bytes: npt.NDArray[np.uint8] = np.memmap(path, dtype=np.uint8, mode="r")
        self._at = 0
        if bytes(self._bytes[:4]) != _MAGIC:
            raise ValueError(f"{path.name} is not a GGUF file")
        self._at = 4
        version, tensor_count, pair_count = self._scalar("I"), self._scalar("Q"), self._scalar("Q")
        if version not in (2, 3):
            raise ValueError(f"{path.name} is GGUF version {version}; 2 and 3 are read")
        self.metadata: dict[str, Any] = {}
        for _ in range(pair_count):
            key = self._string()
            self.metadata[key] = self._value(self._scalar("I"))
        self.tensors: dict[str, GgufTensor] = {}
        for _ in range(tensor_count):
            name = self._string()
            extents = [self._scalar("Q") for _ in range(self._scalar("I"))]
            self.tensors[name] = GgufTensor(tuple(reversed(extents)), self._scalar("I"), self._scalar("Q"))
        alignment = self.metadata.get("general.alignment", 32)
        self._data_at = -(-self._at // alignment) * alignment

    def close(self) -> None:
        """Let go of the file (Windows cannot delete one that is mapped). Arrays that were read stay valid."""
        mapped: Any = getattr(self._bytes, "_mmap")  # noqa: B009 - numpy has no public name for it
        self._bytes = np.empty(0, np.uint8)
        mapped.close()

    def array(self, name: str) -> FloatArray:
        """A tensor as float32, whatever its encoding."""
        info = self.tensors[name]
        raw = self._raw(info)
        if info.encoding == F32:
            return raw.view(np.float32).reshape(info.shape).copy()
        if info.encoding == F16:
            return raw.view(np.float16).reshape(info.shape).astype(np.float32)
        if info.encoding == Q8_0:
            codes, scales = self.q8_0(name)
            return (codes * np.repeat(scales, 32, axis=1)).astype(np.float32)
        return self.q4_1(name).dequantised()

    def q4_1(self, name: str) -> Q41:
        """A matrix that is stored as Q4_1, still quantised. Raises ValueError for another encoding."""
        info = self.tensors[name]
        if info.encoding != Q4_1 or len(info.shape) != 2:
            raise ValueError(f"the tensor {name} is not a Q4_1 matrix (encoding {info.encoding}, shape {info.shape})")
        rows, columns = info.shape
        blocks = self._raw(info).reshape(rows, columns // 32, 20)
        header = blocks[..., :4].copy().view(np.float16).astype(np.float32)
        packed = blocks[..., 4:]
        # The low halves of the 16 bytes are weights 0..15 of the block, the high halves 16..31.
        codes = np.concatenate([packed & 15, packed >> 4], axis=-1).reshape(rows, columns)
        return Q41(codes, header[..., 0].copy(), header[..., 1].copy())

    def q8_0(self, name: str) -> tuple[npt.NDArray[np.int8], FloatArray]:
        """A Q8_0 matrix, still quantised: codes (rows, columns), scales (rows, columns / 32); weight = code * scale."""
        info = self.tensors[name]
        if info.encoding != Q8_0 or len(info.shape) != 2:
            raise ValueError(f"the tensor {name} is not a Q8_0 matrix (encoding {info.encoding}, shape {info.shape})")
        rows, columns = info.shape
        blocks = self._raw(info).reshape(rows, columns // 32, 34)
        scales = blocks[..., :2].copy().view(np.float16)[..., 0].astype(np.float32)
        return blocks[..., 2:].reshape(rows, columns).view(np.int8), scales

    def _raw(self, info: GgufTensor) -> npt.NDArray[np.uint8]:
        if info.encoding not in _BLOCKS:
            raise ValueError(f"tensors of encoding {info.encoding} are not read")
        block_bytes, block_values = _BLOCKS[info.encoding]
        start = self._data_at + info.offset
        return self._bytes[start : start + int(np.prod(info.shape)) // block_values * block_bytes]

    def _take(self, count: int) -> bytes:
        if self._at + count > len(self._bytes):
            raise ValueError("the GGUF file ends too early")
        taken = self._bytes[self._at : self._at + count].tobytes()
        self._at += count
        return taken

    def _scalar(self, code: str) -> Any:
        return struct.unpack(f"<{code}", self._take(struct.calcsize(code)))[0]

    def _string(self) -> str:
        return self._take(self._scalar("Q")).decode("utf-8")

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            item_kind, count = self._scalar("I"), self._scalar("Q")
            if item_kind in _SCALARS:
                code = _SCALARS[item_kind]
                return list(struct.unpack(f"<{count}{code}", self._take(struct.calcsize(f"<{count}{code}"))))
            return [self._value(item_kind) for _ in range(count)]
        if kind not in _SCALARS:
            raise ValueError(f"the GGUF file holds a value of unknown kind {kind}")
        return self._scalar(_SCALARS[kind])
