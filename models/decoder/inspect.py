"""What an ONNX graph file says of itself, without reading its weights."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import TensorProto


def external_files(path: Path) -> tuple[str, ...]:
    """The files beside `path` that hold its weights, as the graph names them. Empty for a file that is not ONNX."""
    graph = _graph(path)
    places: dict[str, None] = {}
    for tensor in graph.initializer:
        if tensor.data_location == TensorProto.EXTERNAL:
            places |= {entry.value: None for entry in tensor.external_data if entry.key == "location"}
    return tuple(places)


def precision_of(path: Path) -> str:
    """ "int4", "int8" ... where matrices are quantised, else the type of the largest share of the weights."""
    graph = _graph(path)
    bits = Counter(
        attribute.i
        for node in graph.node
        if node.op_type == "MatMulNBits"
        for attribute in node.attribute
        if attribute.name == "bits"
    )
    if bits:
        return f"int{bits.most_common(1)[0][0]}"
    values: Counter[int] = Counter()
    for tensor in graph.initializer:
        size = 1
        for extent in tensor.dims:
            size *= extent
        values[tensor.data_type] += size
    names = {TensorProto.FLOAT: "fp32", TensorProto.FLOAT16: "fp16", TensorProto.BFLOAT16: "bf16"}
    return names.get(values.most_common(1)[0][0], "mixed") if values else "mixed"


def _graph(path: Path) -> onnx.GraphProto:
    """The graph without external data. A file that is not ONNX gives an empty one: running it says so better."""
    try:
        return onnx.load(path, load_external_data=False).graph
    except DecodeError:
        return onnx.GraphProto()
