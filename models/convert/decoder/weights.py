"""Weights on their way into a graph: plain float32, or codes with a scale and a zero point per block of a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from rag_core.types import FloatArray

Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Blocks:
    """A quantised matrix (rows = outputs): `weight = (code - zero_point) * scale + offset`, per `block` of a row.

    `codes` (rows, columns); `scales`, `zero_points`, `offsets` (rows, columns / block). Without zero points they are
    2 ** (bits - 1) everywhere; without offsets there is nothing to add. Offsets hold what whole-numbered zero points
    cannot: see `with_sum_columns`.
    """

    bits: int
    block: int
    codes: Codes
    scales: FloatArray
    zero_points: Codes | None = None
    offsets: FloatArray | None = None

    @property
    def shape(self) -> tuple[int, int]:
        return self.codes.shape[0], self.codes.shape[1]

    def dequantised(self) -> FloatArray:
        rows, columns = self.shape
        centre = np.float32(1 << (self.bits - 1)) if self.zero_points is None else self.zero_points[..., None]
        blocks = self.codes.reshape(rows, columns // self.block, self.block).astype(np.float32)
        values = (blocks - centre) * self.scales[..., None]
        if self.offsets is not None:
            values = values + self.offsets[..., None]
        return values.reshape(rows, columns).astype(np.float32)

    def with_sum_columns(self) -> Blocks:
        """The same product without offsets, for an input that is followed by the mean of each of its blocks.

        `offset * sum(x)` of a block equals `(offset * block) * mean(x)`: one more column per block. The new columns
        are quantised like the others, and filled up to whole blocks with weights that are zero.
        """
        if self.offsets is None or self.zero_points is None:
            raise ValueError("sum columns are for blocks with offsets and zero points")
        extra = quantise(_filled_up(self.offsets * self.block, self.block), self.bits, self.block)
        assert extra.zero_points is not None
        return Blocks(
            self.bits,
            self.block,
            np.concatenate([self.codes, extra.codes], axis=1),
            np.concatenate([self.scales, extra.scales], axis=1),
            np.concatenate([self.zero_points, extra.zero_points], axis=1),
        )

    def without_sum_columns(self, columns: int) -> Blocks:
        """The inverse of `with_sum_columns`, for a matrix that had `columns`. What rounded the offsets stays."""
        own = columns // self.block
        extra = self.part(slice(None), slice(own, None)).dequantised()[:, :own]
        return replace(self.part(slice(None), slice(own)), offsets=extra / np.float32(self.block))

    def rows(self, start: int, stop: int) -> Blocks:
        return self.part(slice(start, stop), slice(None))

    def part(self, rows: slice, blocks: slice) -> Blocks:
        """Some rows, of some blocks of each."""
        codes = self.codes.reshape(self.shape[0], -1, self.block)[rows, blocks]
        return Blocks(
            self.bits,
            self.block,
            codes.reshape(len(codes), -1),
            self.scales[rows, blocks],
            None if self.zero_points is None else self.zero_points[rows, blocks],
            None if self.offsets is None else self.offsets[rows, blocks],
        )


Matrix = FloatArray | Blocks


@dataclass(frozen=True, slots=True)
class Layer:
    """One transformer layer. `qkv` has the rows of q, k and v, in this order; `gate_up` those of gate, then up."""

    attention_norm: FloatArray
    qkv: Matrix
    output: Matrix
    feed_forward_norm: FloatArray
    gate_up: Matrix
    down: Matrix
    qkv_bias: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """Everything that a network computes with. `layers` is iterated once, so it may make each layer as it is needed.

    `head` is None where the embedding serves as output matrix, too.
    """

    embedding: Matrix
    layers: Iterable[Layer]
    final_norm: FloatArray
    head: Matrix | None = None


def quantise(matrix: FloatArray, bits: int, block: int) -> Blocks:
    """Round to nearest, with a scale and a zero point per block that cover its range (and zero)."""
    rows, columns = matrix.shape
    blocks = matrix.reshape(rows, columns // block, block)
    low, high = np.minimum(blocks.min(axis=-1), 0), np.maximum(blocks.max(axis=-1), 0)
    top = (1 << bits) - 1
    scales = ((high - low) / np.float32(top)).astype(np.float32)
    scales = np.where(scales == 0, np.float32(1), scales)
    zero_points = np.clip(np.rint(-low / scales), 0, top)
    codes = np.clip(np.rint(blocks / scales[..., None] + zero_points[..., None]), 0, top)
    return Blocks(bits, block, codes.reshape(rows, columns).astype(np.uint8), scales, zero_points.astype(np.uint8))


def pack(codes: Codes, bits: int) -> Codes:
    """Codes along the last axis packed into bytes, the first code in the low bits; a short last byte is filled up."""
    if bits == 8:
        return codes
    if bits != 4:
        raise ValueError(f"codes of {bits} bits are not packed")
    if codes.shape[-1] % 2:
        codes = np.concatenate([codes, np.zeros((*codes.shape[:-1], 1), np.uint8)], axis=-1)
    low, high = codes[..., 0::2], codes[..., 1::2]
    return np.bitwise_or(low, np.left_shift(high, 4, dtype=np.uint8), dtype=np.uint8)


def unpack(packed: Codes, bits: int) -> Codes:
    """The inverse of `pack`; a last byte that was filled up gives one code too many."""
    if bits == 8:
        return packed
    if bits != 4:
        raise ValueError(f"codes of {bits} bits are not packed")
    halves = np.stack([packed & np.uint8(15), packed >> np.uint8(4)], axis=-1)
    return halves.reshape(*packed.shape[:-1], -1)


def _filled_up(matrix: FloatArray, block: int) -> FloatArray:
    missing = -matrix.shape[1] % block
    return np.concatenate([matrix, np.zeros((matrix.shape[0], missing), np.float32)], axis=1)
