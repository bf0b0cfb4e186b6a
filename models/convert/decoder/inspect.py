"""What an ONNX graph file says of itself, without reading its weights."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import TensorProto, helper

_COMPATIBILITY = "ep_compatibility_info."


@dataclass(frozen=True, slots=True)
class CompiledPart:
    """An EPContext node: what an NPU's compiler made. `binary` is the file beside the graph that holds it, as the graph
    names it, empty where it lies in the graph itself. `source` is the provider that compiled it; `socs`, `archs` and
    `qairt` say for what and with what, where the file says it (Qualcomm's).
    """

    binary: str
    source: str
    qairt: str
    socs: tuple[str, ...]
    archs: tuple[str, ...]


def compiled_parts(path: Path) -> tuple[CompiledPart, ...]:
    """Empty for a graph that was not compiled, and for a file that is not ONNX."""
    model = _model(path)
    told = {entry.key.removeprefix(_COMPATIBILITY): entry.value for entry in model.metadata_props}
    parts = []
    for node in model.graph.node:
        if node.op_type != "EPContext":
            continue
        values = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        source = _text(values.get("source"))
        archs, socs = _compiled_for(told.get(source, ""))
        binary = "" if values.get("embed_mode", 1) else _text(values.get("ep_cache_context"))
        qairt = ".".join(_text(values.get("ep_sdk_version")).lstrip("v").split(".")[:3])
        parts.append(CompiledPart(binary, source, qairt, socs, archs))
    return tuple(parts)


def _compiled_for(compatibility: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Generations of the NPU and chips out of QNN's “v2:backend:QAIRT:API:archs:socs:…”."""
    fields = compatibility.split(":")
    return (tuple(fields[4].split(",")), tuple(fields[5].split(","))) if len(fields) > 5 else ((), ())


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


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
    return _model(path).graph


def _model(path: Path) -> onnx.ModelProto:
    """Without external data. A file that is not ONNX gives an empty one: running it says so better."""
    try:
        return onnx.load(path, load_external_data=False)
    except DecodeError:
        return onnx.ModelProto()
