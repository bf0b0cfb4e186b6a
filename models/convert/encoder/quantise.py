"""Eight-bit integers for the CPU: a scale per row of a table, per output of a matrix, and per run for its input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.convert.encoder.graph import CONTRIB, GraphWriter
from models.convert.encoder.network import Affine
from rag_core.types import FloatArray

Int8Array = npt.NDArray[np.int8]
Float64Array = npt.NDArray[np.float64]

# Seven bits and a sign for table entries. For weights one bit less: processors without VNNI add two products of a
# weight and an 8-bit input in 16 bits, and 2 * 255 * 64 fits while 2 * 255 * 127 would saturate without a word.
_LARGEST_ENTRY = 127
_LARGEST_WEIGHT = 64
_CLIP_RATIOS = np.linspace(0.6, 1.0, 21)
_BLOCK = 128
_DAMPING = 0.01


@dataclass(frozen=True, slots=True)
class Int8:
    """Arithmetic with int8 weights and uint8 inputs, whose range is measured in each run.

    `second_moments` (X'X of a matrix's input, by the input's name) let rounding errors cancel where the inputs really
    lie; without it every weight is rounded on its own.
    """

    second_moments: Mapping[str, Float64Array] = field(default_factory=dict)

    def look_up(self, graph: GraphWriter, name: str, table: FloatArray, ids: str) -> str:
        scales = np.maximum(np.abs(table).max(axis=1, keepdims=True) / _LARGEST_ENTRY, 1e-12).astype(np.float32)
        small = graph.constant(f"{name}.table", np.rint(table / scales).astype(np.int8))
        found = graph.node("Gather", [small, ids], f"{name}.int8")
        found = graph.node("Cast", [found], f"{name}.float", to=1)
        scale = graph.node("Gather", [graph.constant(f"{name}.scales", scales), ids], f"{name}.scale")
        return graph.node("Mul", [found, scale], name)

    def multiply(self, graph: GraphWriter, name: str, x: str, affines: dict[str, Affine]) -> list[str]:
        quantised = {part: quantise(affine.weight, self.second_moments.get(x)) for part, affine in affines.items()}
        names = {part: self._constants(graph, f"{name}.{part}", *quantised[part], affines[part]) for part in affines}
        if len(affines) == 1:
            (part,) = affines
            weight, scale, bias = names[part]
            inputs = [x, weight, scale, "", bias]
            return [graph.node("DynamicQuantizeMatMul", inputs, f"{name}.{part}", CONTRIB)]
        small, scale_x, zero = f"{name}.input", f"{name}.input_scale", f"{name}.input_zero"
        graph.nodes_with("DynamicQuantizeLinear", [x], [small, scale_x, zero])
        return [
            graph.node(
                "MatMulIntegerToFloat", [small, weight, scale_x, scale, zero, "", bias], f"{name}.{part}", CONTRIB
            )
            for part, (weight, scale, bias) in names.items()
        ]

    def _constants(
        self, graph: GraphWriter, name: str, weight: Int8Array, scales: FloatArray, affine: Affine
    ) -> tuple[str, str, str]:
        return (
            graph.constant(f"{name}.weight", weight.T),
            graph.constant(f"{name}.scales", scales),
            graph.constant(f"{name}.bias", affine.bias),
        )


def quantise(weight: FloatArray, second_moment: Float64Array | None = None) -> tuple[Int8Array, FloatArray]:
    """`weight` (out, in) as int8 and a scale per output: weight ~ small * scale[:, None]."""
    wide = weight.astype(np.float64)
    importance = np.ones(weight.shape[1]) if second_moment is None else np.diag(second_moment)
    scales = _best_scales(wide, importance)
    if second_moment is None:
        return _rounded(wide / scales[:, None]), scales.astype(np.float32)
    return _compensated(wide, second_moment, scales), scales.astype(np.float32)


def _rounded(values: Float64Array) -> Int8Array:
    return np.clip(np.rint(values), -_LARGEST_WEIGHT, _LARGEST_WEIGHT).astype(np.int8)


def _best_scales(weight: Float64Array, importance: Float64Array) -> Float64Array:
    """Per output, the clipping that makes the smallest expected error."""
    largest: Float64Array = np.maximum(np.abs(weight).max(axis=1), 1e-12)
    best = np.full(len(weight), np.inf)
    scales = largest / _LARGEST_WEIGHT
    for ratio in _CLIP_RATIOS:
        candidate = largest * ratio / _LARGEST_WEIGHT
        errors = (_rounded(weight / candidate[:, None]) * candidate[:, None] - weight) ** 2 @ importance
        better = errors < best
        best[better], scales[better] = errors[better], candidate[better]
    return scales


def _compensated(weight: Float64Array, second_moment: Float64Array, scales: Float64Array) -> Int8Array:
    """Round column by column, and let the columns to come make up for each rounding error.

    Frantar et al., "GPTQ" (arXiv:2210.17323), with the lazy updates by blocks of its section 3.3.
    """
    size = weight.shape[1]
    damped = second_moment + np.eye(size) * _DAMPING * np.mean(np.diag(second_moment))
    upper = np.linalg.cholesky(np.linalg.inv(damped)).T
    rest = weight.copy()
    result = np.empty(weight.shape, np.int8)
    for start in range(0, size, _BLOCK):
        block = slice(start, min(start + _BLOCK, size))
        inner = upper[block, block]
        open_ = rest[:, block].copy()
        errors = np.empty_like(open_)
        for column in range(open_.shape[1]):
            small = _rounded(open_[:, column] / scales)
            result[:, start + column] = small
            errors[:, column] = (open_[:, column] - small * scales) / inner[column, column]
            open_[:, column + 1 :] -= np.outer(errors[:, column], inner[column, column + 1 :])
        rest[:, block.stop :] -= errors @ upper[block, block.stop :]
    return result
