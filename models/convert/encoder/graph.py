"""Write the network as an ONNX graph for the CPU: token ids of unpadded texts in, what its head makes of them out.

The layers (`write_layers`) are those of the graphs for other runtimes too (`models.convert.encoder.static`). Fused
operators
(domain com.microsoft) are specified in ONNX Runtime's docs/ContribOperators.md. The residual sum and the layer norm
stay apart: their fusion (SkipLayerNormalization) is 8 times slower than both on the CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.convert.encoder.network import Affine, Layer, Network, Norm, Weights
from rag_core.types import FloatArray

CONTRIB = "com.microsoft"
_OPSET = 18
_IR_VERSION = 9


class GraphWriter:
    """Collects nodes and initializers. A node's name is that of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def constant(self, name: str, values: npt.NDArray[Any]) -> str:
        self.initializers.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name

    def node(self, operator: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def nodes_with(self, operator: str, inputs: Sequence[str], outputs: Sequence[str]) -> None:
        self.nodes.append(helper.make_node(operator, inputs, outputs, name=outputs[0]))


class Arithmetic(Protocol):
    """How tables are looked up and matrices multiplied. One input may go through several matrices."""

    def look_up(self, graph: GraphWriter, name: str, table: FloatArray, ids: str) -> str: ...

    def multiply(self, graph: GraphWriter, name: str, x: str, affines: dict[str, Affine]) -> list[str]: ...


class Operators(Protocol):
    """What runtimes have different operators for. Both name their result `name`."""

    def attend(self, graph: GraphWriter, name: str, qkv: list[str]) -> str:
        """Query, key and value (texts, tokens, hidden) to the mixed values of all heads, of the same shape."""
        ...

    def gelu(self, graph: GraphWriter, name: str, x: str) -> str: ...


class Float32:
    """Matrices as they are: the reference. (A writer of another precision stores them in that.)"""

    def look_up(self, graph: GraphWriter, name: str, table: FloatArray, ids: str) -> str:
        return graph.node("Gather", [graph.constant(f"{name}.table", table), ids], name)

    def multiply(self, graph: GraphWriter, name: str, x: str, affines: dict[str, Affine]) -> list[str]:
        return [self._one(graph, f"{name}.{part}", x, affine) for part, affine in affines.items()]

    def _one(self, graph: GraphWriter, name: str, x: str, affine: Affine) -> str:
        product = graph.node("MatMul", [x, graph.constant(f"{name}.weight", affine.weight.T)], f"{name}.product")
        return graph.node("Add", [product, graph.constant(f"{name}.bias", affine.bias)], name)


@dataclass(frozen=True, slots=True)
class Fused:
    """The CPU's fused operators, for texts without padding."""

    heads: int

    def attend(self, graph: GraphWriter, name: str, qkv: list[str]) -> str:
        return graph.node("MultiHeadAttention", qkv, name, CONTRIB, num_heads=self.heads)

    def gelu(self, graph: GraphWriter, name: str, x: str) -> str:
        # The tanh form differs from the exact one by less than 5e-4; the vectors' cosine to it is above 0.99999.
        return graph.node("FastGelu", [x], name, CONTRIB)


# Writes the nodes after the last layer, whose output (texts, tokens, hidden) it gets by name; returns the outputs.
Head = Callable[[GraphWriter, Network, str], list[onnx.ValueInfoProto]]


def mean_vectors(graph: GraphWriter, network: Network, x: str) -> list[onnx.ValueInfoProto]:
    """The head of an embedder: `vectors` (texts, hidden), the mean of the tokens, of unit length."""
    mean = graph.node("ReduceMean", [x, graph.constant("token_axis", np.array([1], np.int64))], "mean", keepdims=0)
    graph.node("LpNormalization", [mean], "vectors", axis=-1, p=2)
    return [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", network.hidden])]


def write_encoder(
    network: Network,
    weights: Weights,
    arithmetic: Arithmetic,
    captured: Sequence[str] = (),
    head: Head = mean_vectors,
) -> Any:
    """The model. Input `input_ids` (texts, tokens), outputs those of `head`, then `captured`.

    All texts of a run have the same number of tokens, so there is no mask. Inputs of matrices that can be captured
    have the names that `matrix_inputs` gives.
    """
    graph = GraphWriter()
    x = _embeddings(graph, network, weights, arithmetic)
    x = write_layers(graph, network, weights.layers, x, arithmetic, Fused(network.heads))
    outputs = head(graph, network, x)
    outputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["texts", "tokens", None]) for name in captured]
    body = helper.make_graph(
        graph.nodes,
        "encoder",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["texts", "tokens"])],
        outputs,
        graph.initializers,
    )
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(CONTRIB, 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="alcove")


def matrix_inputs(network: Network) -> list[str]:
    """The values that are multiplied by matrices, in the order of the layers."""
    inner = ("context", "context_norm", "gelu")
    names: list[str] = []
    for index in range(network.layers):
        names.append(f"layer.{index - 1}.output_norm" if index else "embeddings")
        names += [f"layer.{index}.{name}" for name in inner]
    return names


def _embeddings(graph: GraphWriter, network: Network, weights: Weights, arithmetic: Arithmetic) -> str:
    words = arithmetic.look_up(graph, "words", weights.word, "input_ids")
    length = graph.node("Shape", ["input_ids"], "length", start=1, end=2)
    start = graph.constant("first_position", np.array([0], np.int64))
    table = graph.constant("positions.table", weights.position)
    positions = graph.node("Slice", [table, start, length, start], "positions")
    total = graph.node("Add", [words, positions], "embeddings.sum")
    return write_norm(graph, network, "embeddings", total, weights.embedding_norm)


def write_layers(
    graph: GraphWriter,
    network: Network,
    layers: Sequence[Layer],
    x: str,
    arithmetic: Arithmetic,
    operators: Operators,
) -> str:
    """All layers on `x` (texts, tokens, hidden); returns the name of the last one's output, of the same shape."""
    for index, layer in enumerate(layers):
        x = _layer(graph, network, f"layer.{index}", layer, x, arithmetic, operators)
    return x


def _layer(
    graph: GraphWriter,
    network: Network,
    name: str,
    layer: Layer,
    x: str,
    arithmetic: Arithmetic,
    operators: Operators,
) -> str:
    projections = {"query": layer.query, "key": layer.key, "value": layer.value}
    qkv = arithmetic.multiply(graph, f"{name}.attention", x, projections)
    context = operators.attend(graph, f"{name}.context", qkv)
    (mixed,) = arithmetic.multiply(graph, f"{name}.mixed", context, {"dense": layer.context})
    x = _residual(graph, f"{name}.attended", mixed, x, layer.context_residual)
    x = write_norm(graph, network, f"{name}.context_norm", x, layer.context_norm)
    (up,) = arithmetic.multiply(graph, f"{name}.up", x, {"dense": layer.up})
    down = _down(graph, name, layer, up, arithmetic, operators)
    x = _residual(graph, f"{name}.output", down, x, layer.output_residual)
    return write_norm(graph, network, f"{name}.output_norm", x, layer.output_norm)


def _down(graph: GraphWriter, name: str, layer: Layer, up: str, arithmetic: Arithmetic, operators: Operators) -> str:
    if layer.active_scale is None:
        active = raw = operators.gelu(graph, f"{name}.gelu", up)
    else:
        raw = operators.gelu(graph, f"{name}.raw_gelu", up)
        active = graph.node("Mul", [raw, graph.constant(f"{name}.gelu.scale", layer.active_scale)], f"{name}.gelu")
    (down,) = arithmetic.multiply(graph, f"{name}.down", active, {"dense": layer.down})
    if layer.outliers is None:
        return down
    channels = graph.constant(f"{name}.outliers.channels", layer.outliers.channels)
    weight = graph.constant(f"{name}.outliers.weight", layer.outliers.weight.T)
    apart = graph.node("Gather", [raw, channels], f"{name}.outliers", axis=2)
    apart = graph.node("MatMul", [apart, weight], f"{name}.outliers.product")
    return graph.node("Add", [down, apart], f"{name}.down.all")


def _residual(graph: GraphWriter, name: str, x: str, skipped: str, scale: FloatArray | None) -> str:
    if scale is not None:
        skipped = graph.node("Mul", [skipped, graph.constant(f"{name}.scale", scale)], f"{name}.skipped")
    return graph.node("Add", [x, skipped], name)


def write_norm(graph: GraphWriter, network: Network, name: str, x: str, norm: Norm) -> str:
    """The layer norm of `x` over its last axis, under `name`."""
    parts = [graph.constant(f"{name}.weight", norm.weight), graph.constant(f"{name}.bias", norm.bias)]
    return graph.node("LayerNormalization", [x, *parts], name, axis=-1, epsilon=network.epsilon)
