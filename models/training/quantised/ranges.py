"""Between which values the tensors of a graph lie on sample text: what 16-bit integers have to cover."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float

    def joined(self, other: Interval | None) -> Interval:
        return self if other is None else Interval(min(self.low, other.low), max(self.high, other.high))

    @property
    def span(self) -> float:
        return self.high - self.low


Ranges = dict[str, Interval]


def measured(model: onnx.ModelProto, runs: Iterable[Mapping[str, Array]]) -> Ranges:
    """Of every float tensor between the nodes of `model` (weights inside it), and of its float inputs."""
    import onnxruntime

    whole = onnx.ModelProto()
    whole.CopyFrom(model)
    given = {output.name for output in whole.graph.output}
    inner = [name for node in whole.graph.node for name in node.output if name and name not in given]
    whole.graph.output.extend(onnx.ValueInfoProto(name=name) for name in inner)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # every tensor stays
    session = onnxruntime.InferenceSession(whole.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    ranges: Ranges = {}
    for feeds in runs:
        values = dict(zip(names, session.run(names, dict(feeds)), strict=True)) | dict(feeds)
        for name, value in values.items():
            if np.issubdtype(value.dtype, np.floating):
                ranges[name] = Interval(float(value.min()), float(value.max())).joined(ranges.get(name))
    return ranges


def made_of(graph: onnx.GraphProto, inputs: Iterable[str]) -> set[str]:
    """The tensors that depend on `inputs` and constants alone, with `inputs` themselves."""
    constants = {constant.name for constant in graph.initializer} | {""}
    made = set(inputs)
    for node in graph.node:
        sources = set(node.input)
        if sources & made and sources <= made | constants:
            made.update(node.output)
    return made


def part_of(model: onnx.ModelProto, tensors: set[str]) -> onnx.ModelProto:
    """The nodes of `model` that make `tensors`, as a model that gives all of them."""
    part = onnx.ModelProto()
    part.CopyFrom(model)
    nodes = [node for node in model.graph.node if tensors.issuperset(node.output)]
    needed = {name for node in nodes for name in node.input}
    for field, kept in (
        (part.graph.node, nodes),
        (part.graph.initializer, [c for c in model.graph.initializer if c.name in needed]),
        (part.graph.input, [i for i in model.graph.input if i.name in needed]),
        (part.graph.output, [onnx.ValueInfoProto(name=name) for node in nodes for name in node.output]),
    ):
        del field[:]
        field.extend(kept)
    return part
