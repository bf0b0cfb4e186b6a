"""Rewrite a float32 graph of fixed shapes with 8-bit weights and activations in 16-bit integers, as an NPU wants it.

After every operator stand QuantizeLinear and DequantizeLinear, which the compiler takes as "this tensor is kept in
integers of this scale"; on the processor the same graph computes what the NPU computes, rounding included. Measured
with QAIRT 2.51 (README.md): a matrix has a scale per output, other constants one each; a layer norm's weight must have
8 bits and its bias 32, or the norm stays on the processor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.training.quantised.ranges import Array, Interval, Ranges, made_of

Store = Callable[[str, Array], onnx.TensorProto]

_MOVES = frozenset({"Reshape", "Transpose", "Split", "Slice", "Gather", "Concat", "Squeeze", "Unsqueeze"})
_NORMS = frozenset({"LayerNormalization", "RMSNormalization"})
_OPSET = 21  # the first whose QuantizeLinear knows 16 bits
_BELOW = 20.0  # below the smallest score: exp(-20) is nothing in 16 bits
_SMALLEST_SCALE = 1e-9
_BIAS_SCALE = 1e-6  # in 32 bits, up to 2147


@dataclass(frozen=True, slots=True)
class _Kind:
    dtype: type[np.integer[Any]]
    low: int
    high: int

    @property
    def name(self) -> str:
        return np.dtype(self.dtype).name


_UINT8, _UINT16 = _Kind(np.uint8, 0, 255), _Kind(np.uint16, 0, 65535)


def with_integers(model: onnx.ModelProto, ranges: Ranges, store: Store) -> onnx.ModelProto:
    """`model` (float32, weights inside it) in integers. `ranges` has every tensor that shall be one; `store` turns a
    constant and its values into the initializer to write.
    """
    return _Rewriter(model, ranges, store).rewritten()


def masked_ranges(graph: onnx.GraphProto, ranges: Ranges, mask: str = "mask") -> Ranges:
    """`ranges` for a mask that is added to scores: what it hides need not be farther away than scores can differ.

    A hidden score of -1e4 would leave 16 bits no precision for the others. Shares of attention lie between 0 and 1.
    """
    made = made_of(graph, [mask])
    changed = dict(ranges)
    farthest = 0.0
    added: list[str] = []
    for node in graph.node:
        from_mask = [name for name in node.input if name in made]
        if node.op_type == "Softmax":
            changed[node.output[0]] = Interval(0, 1)
        if node.op_type == "Add" and len(from_mask) == 1 and node.output[0] not in made:
            scores = ranges[next(name for name in node.input if name not in made)]
            changed[node.output[0]] = replace(scores, low=scores.low - _BELOW)
            farthest = max(farthest, scores.span + _BELOW)
            added += from_mask
    for name in made:
        if name in changed and changed[name].low < -farthest and added:
            changed[name] = replace(changed[name], low=-farthest)
    return changed


class _Rewriter:
    def __init__(self, model: onnx.ModelProto, ranges: Ranges, store: Store) -> None:
        self._model = model
        self._store = store
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, onnx.TensorProto] = {}
        self._constants = {constant.name: constant for constant in model.graph.initializer}
        self._leaders = _moved_together(model.graph, ranges)
        self._spans: Ranges = {}
        for name, leader in self._leaders.items():
            self._spans[leader] = ranges[name].joined(self._spans.get(leader))

    def rewritten(self) -> onnx.ModelProto:
        graph = self._model.graph
        renamed = {tensor.name: self._pair(tensor.name) for tensor in graph.input if tensor.name in self._leaders}
        for node in graph.node:
            changed = onnx.NodeProto()
            changed.CopyFrom(node)
            for place, name in enumerate(node.input):
                if name in self._constants:
                    changed.input[place] = self._constant(node.op_type, place, name)
                elif name in renamed:
                    changed.input[place] = renamed[name]
            kept = [(place, name) for place, name in enumerate(node.output) if name in self._leaders]
            for place, name in kept:
                changed.output[place] = f"{name}.exact"
            self._nodes.append(changed)
            for place, name in kept:
                self._pair(self._entries(node, changed.output[place]), name)
        return self._assembled()

    def _assembled(self) -> onnx.ModelProto:
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        for field, values in (
            (model.graph.node, self._nodes),
            (model.graph.initializer, self._initializers.values()),
            (model.graph.value_info, ()),
        ):
            del field[:]
            field.extend(values)
        for opset in model.opset_import:
            if not opset.domain:
                opset.version = max(opset.version, _OPSET)
        return model

    def _entries(self, node: onnx.NodeProto, found: str) -> str:
        """What was looked up in a table, first as integers of the table's own kind: else all of it becomes 16 bits."""
        table = f"{node.input[0]}.{_UINT8.name}"
        if node.op_type != "Gather" or f"{table}.codes" not in self._initializers:
            return found
        return self._there_and_back(found, f"{found}.entries", (f"{table}.scale", f"{table}.zero_point"))

    def _pair(self, source: str, name: str = "") -> str:
        """`source` in 16-bit integers and back, as `name`; returns that name."""
        scale = self._activation_scale(self._leaders[name or source])
        return self._there_and_back(source, name or f"{source}.rounded", scale)

    def _there_and_back(self, source: str, result: str, scale: tuple[str, str]) -> str:
        self._nodes.append(helper.make_node("QuantizeLinear", [source, *scale], [f"{result}.codes"], f"{result}.to"))
        self._nodes.append(helper.make_node("DequantizeLinear", [f"{result}.codes", *scale], [result], f"{result}.of"))
        return result

    def _activation_scale(self, leader: str) -> tuple[str, str]:
        stem = f"{leader}.integers"
        if f"{stem}.scale" not in self._initializers:
            span = self._spans[leader]
            self._scale(stem, *_scale_of(span.low, span.high, _UINT16), _UINT16)
        return f"{stem}.scale", f"{stem}.zero_point"

    def _constant(self, operator: str, place: int, name: str) -> str:
        """The constant as `operator` takes it; returns the name of its value."""
        constant = self._constants[name]
        if constant.data_type != TensorProto.FLOAT:
            self._initializers.setdefault(name, constant)
            return name
        values = np.asarray(numpy_helper.to_array(constant), np.float32)
        if operator == "MatMul" and place == 1:
            return self._matrix(name, values)
        if operator in _NORMS and place == 2:
            return self._bias(name, values)
        return self._table(name, values, _UINT8 if operator in _NORMS or operator == "Gather" else _UINT16)

    def _matrix(self, name: str, values: Array) -> str:
        """`(in, out)`, symmetric, a scale per output. (A scale per input is taken without a word, and wrong.)"""
        scales = np.maximum(np.abs(values).max(axis=0) / 127, _SMALLEST_SCALE).astype(np.float32)
        codes = np.clip(np.rint(values / scales), -127, 127).astype(np.int8)
        return self._rounded(name, "int8", codes, scales, np.zeros(len(scales), np.int8), axis=1)

    def _bias(self, name: str, values: Array) -> str:
        codes = np.rint(values.astype(np.float64) / _BIAS_SCALE).astype(np.int32)
        return self._rounded(name, "int32", codes, np.array(_BIAS_SCALE, np.float32), np.array(0, np.int32))

    def _table(self, name: str, values: Array, kind: _Kind) -> str:
        scale, zero_point = _scale_of(float(values.min()), float(values.max()), kind)
        codes = np.clip(np.rint(values / scale) + zero_point, kind.low, kind.high).astype(kind.dtype)
        zero = np.array(zero_point, kind.dtype)
        return self._rounded(name, kind.name, codes, np.array(scale, np.float32), zero)

    def _rounded(self, name: str, form: str, codes: Array, scale: Array, zero_point: Array, **attributes: int) -> str:
        result = f"{name}.{form}"
        parts = {f"{result}.codes": codes, f"{result}.scale": scale, f"{result}.zero_point": zero_point}
        if f"{result}.codes" not in self._initializers:
            self._initializers |= {part: self._store(part, values) for part, values in parts.items()}
            self._nodes.append(
                helper.make_node("DequantizeLinear", list(parts), [result], f"{result}.of", **attributes)
            )
        return result

    def _scale(self, stem: str, scale: float, zero_point: int, kind: _Kind) -> None:
        values: dict[str, npt.NDArray[Any]] = {
            f"{stem}.scale": np.array(scale, np.float32),
            f"{stem}.zero_point": np.array(zero_point, kind.dtype),
        }
        self._initializers |= {name: self._store(name, value) for name, value in values.items()}


def _scale_of(low: float, high: float, kind: _Kind) -> tuple[float, int]:
    """Scale and zero point that cover the interval, and zero exactly."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = max((high - low) / (kind.high - kind.low), _SMALLEST_SCALE)
    return scale, round(-low / scale) + kind.low


def _moved_together(graph: onnx.GraphProto, ranges: Ranges) -> dict[str, str]:
    """For every tensor one that it shares its scale with: what only moves values must not round them again."""
    leaders = {name: name for name in ranges}

    def leader(name: str) -> str:
        while leaders[name] != name:
            name = leaders[name]
        return name

    for node in graph.node:
        if node.op_type in _MOVES:
            sources = list(node.input) if node.op_type == "Concat" else [node.input[0]]
            first, *others = [name for name in (*sources, *node.output) if name in leaders] or [""]
            for other in others:
                leaders[leader(other)] = leader(first)
    return {name: leader(name) for name in ranges}
