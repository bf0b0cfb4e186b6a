"""Write a decoder as an ONNX graph of ONNX Runtime's fused operators, with its weights in one external file.

Operators (domain com.microsoft: GroupQueryAttention, MatMulNBits, SkipSimplifiedLayerNormalization,
GatherBlockQuantized, QuickGelu) are specified in ONNX Runtime's docs/ContribOperators.md. Inputs and outputs have the
names that onnxruntime-genai expects: `input_ids`, `attention_mask`, `past_key_values.N.key`, `logits`, ...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

from models.convert.decoder.network import Network
from models.convert.decoder.weights import Blocks, Layer, Matrix, Weights, pack
from models.convert.weight_file import WeightFile
from rag_core.types import FloatArray

CONTRIB = "com.microsoft"
_OPSET = 21


@dataclass(frozen=True, slots=True)
class GraphOptions:
    """How the network is laid out. `all_logits` keeps a row of logits per token instead of the last one alone.

    `accuracy_level` is MatMulNBits': 4 lets the processor multiply 8-bit integers (activations are quantised per block
    as they come), 1 computes in float32.
    """

    all_logits: bool = False
    accuracy_level: int = 4


class GraphWriter:
    """Collects nodes and initializers; the initializers' bytes go straight to the external file."""

    def __init__(self, weights: WeightFile, options: GraphOptions) -> None:
        self.options = options
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self._weights = weights
        self._known: set[str] = set()

    def node(self, operator: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def constant(self, name: str, values: npt.NDArray[Any]) -> str:
        """An initializer; small ones lie in the graph itself, so that the runtime can fold them."""
        if name in self._known:
            return name
        self._known.add(name)
        self.initializers.append(self._weights.tensor(name, values))
        return name

    def linear(self, source: str, name: str, matrix: Matrix, output: str, bias: FloatArray | None = None) -> str:
        """`source @ matrix.T (+ bias)`."""
        if isinstance(matrix, Blocks):
            return self._linear_quantised(source, name, matrix, output, bias)
        product = output if bias is None else f"{output}.product"
        self.node("MatMul", [source, self.constant(f"{name}.weight", np.ascontiguousarray(matrix.T))], product)
        if bias is not None:
            self.node("Add", [product, self.constant(f"{name}.bias", bias)], output)
        return output

    def _linear_quantised(self, source: str, name: str, matrix: Blocks, output: str, bias: FloatArray | None) -> str:
        rows, columns = matrix.shape
        if matrix.offsets is not None:
            source = self._with_block_means(source, columns, matrix.block)
            columns += matrix.offsets.shape[1]
            matrix = matrix.with_sum_columns()
        inputs = [source, *self._quantised(name, matrix)]
        if bias is not None:
            inputs += [""] * (5 - len(inputs)) + [self.constant(f"{name}.bias", bias)]
        sizes = {"N": rows, "K": columns, "bits": matrix.bits, "block_size": matrix.block}
        level = self.options.accuracy_level
        return self.node("MatMulNBits", inputs, output, CONTRIB, **sizes, accuracy_level=level)

    def _with_block_means(self, source: str, columns: int, block: int) -> str:
        """`source` followed by the mean of each block of its channels.

        A product with a constant matrix: measured, AveragePool takes 20 times as long for a prompt.
        """
        extended = f"{source}.with_means"
        if extended not in self._known:
            self._known.add(extended)
            membership = np.kron(np.eye(columns // block), np.full((block, 1), 1 / block)).astype(np.float32)
            means = self.node(
                "MatMul", [source, self.constant(f"block_means.{columns}", membership)], f"{source}.means"
            )
            self.node("Concat", [source, means], extended, axis=-1)
        return extended

    def _quantised(self, name: str, matrix: Blocks) -> list[str]:
        rows, columns = matrix.shape
        packed = pack(matrix.codes, matrix.bits).reshape(rows, columns // matrix.block, -1)
        inputs = [self.constant(f"{name}.codes", packed), self.constant(f"{name}.scales", matrix.scales)]
        if matrix.zero_points is not None:
            inputs.append(self.constant(f"{name}.zero_points", pack(matrix.zero_points, matrix.bits)))
        return inputs

    def lookup(self, indices: str, name: str, matrix: Matrix, output: str) -> str:
        """Rows of `matrix`. A quantised one shares its codes with `linear` of the same name."""
        if not isinstance(matrix, Blocks):
            return self.node("Gather", [self.constant(f"{name}.weight", matrix), indices], output)
        if matrix.bits != 8 or matrix.zero_points is not None:
            raise ValueError("an embedding is float32, or 8 bits without zero points")
        rows, columns = matrix.shape
        codes, scales = self._quantised(name, matrix)
        flat = self.constant("shape.embedding_codes", np.array([rows, columns], np.int64))
        return self.node(
            "GatherBlockQuantized",
            [self.node("Reshape", [codes, flat], f"{name}.flat_codes"), indices, scales],
            output,
            CONTRIB,
            bits=8,
            block_size=matrix.block,
            gather_axis=0,
            quantize_axis=1,
        )


def write_decoder(network: Network, weights: Weights, path: Path, options: GraphOptions | None = None) -> None:
    """Write `path` (.onnx) and `path`.data. Memory: the graph without weights, and one matrix at a time."""
    chosen = options or GraphOptions()
    data_path = path.with_name(f"{path.name}.data")
    with data_path.open("wb") as data:
        writer = GraphWriter(WeightFile(data, data_path.name), chosen)
        _body(writer, network, weights)
    inputs, outputs = _interface(network, chosen)
    graph = helper.make_graph(writer.nodes, "decoder", inputs, outputs, writer.initializers)
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(CONTRIB, 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="alcove"), path)


def _interface(network: Network, options: GraphOptions) -> tuple[list[Any], list[Any]]:
    def tensor(name: str, kind: int, *shape: str | int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, list(shape))

    cache = ("batch", network.kv_heads)
    inputs = [
        tensor("input_ids", TensorProto.INT64, "batch", "sequence"),
        tensor("attention_mask", TensorProto.INT64, "batch", "total"),
    ]
    logits_rows = "sequence" if options.all_logits else 1
    outputs = [tensor("logits", TensorProto.FLOAT, "batch", logits_rows, network.vocabulary)]
    for layer in range(network.layers):
        for kind in ("key", "value"):
            past, present = f"past_key_values.{layer}.{kind}", f"present.{layer}.{kind}"
            inputs.append(tensor(past, TensorProto.FLOAT, *cache, "past", network.head_size))
            outputs.append(tensor(present, TensorProto.FLOAT, *cache, "total", network.head_size))
    return inputs, outputs


def _body(writer: GraphWriter, network: Network, weights: Weights) -> None:
    _lengths(writer)
    _rotary_tables(writer, network)
    hidden = writer.lookup("input_ids", "embedding", weights.embedding, "embedded")
    if network.embedding_scale != 1.0:
        scale = writer.constant("embedding_scale", np.array(network.embedding_scale, np.float32))
        hidden = writer.node("Mul", [hidden, scale], "embedded.scaled")
    layers, normed = iter(weights.layers), hidden
    layer = next(layers, None)
    for index in range(network.layers):
        if layer is None:
            raise ValueError(f"the network has {network.layers} layers, the weights {index}")
        if index == 0:
            normed = _first_norm(writer, hidden, layer.attention_norm, network.norm_epsilon)
        mixed = _attention(writer, network, layer, index, normed)
        if index == network.layers - 1 and not writer.options.all_logits:
            # Only keys and values of earlier tokens are needed from here on.
            mixed, hidden = _last_token(writer, mixed), _last_token(writer, hidden)
        attended = writer.linear(
            mixed, f"layers.{index}.attention.output", layer.output, f"layers.{index}.attention.out"
        )
        stem = f"layers.{index}.feed_forward"
        hidden, normed = _add_and_norm(writer, attended, hidden, stem, layer.feed_forward_norm, network.norm_epsilon)
        fed = _feed_forward(writer, network, layer, index, normed)
        layer = next(layers, None)
        stem = f"layers.{index + 1}.attention" if layer else "final"
        following = layer.attention_norm if layer else weights.final_norm
        hidden, normed = _add_and_norm(writer, fed, hidden, stem, following, network.norm_epsilon)
    _logits(writer, weights, normed)


def _first_norm(writer: GraphWriter, hidden: str, weight: FloatArray, epsilon: float) -> str:
    norm = writer.constant("layers.0.attention_norm", weight)
    return writer.node(
        "SimplifiedLayerNormalization", [hidden, norm], "layers.0.attention_in", epsilon=epsilon, axis=-1, stash_type=1
    )


def _lengths(writer: GraphWriter) -> None:
    """`lengths_minus_one` (batch,) and `total_length` (scalar), int32, from the mask; the same for every layer."""
    one = writer.constant("one", np.array([1], np.int64))
    writer.node("ReduceSum", ["attention_mask", one], "mask.sum", keepdims=0)
    writer.node("Sub", ["mask.sum", one], "mask.sum_minus_one")
    writer.node("Cast", ["mask.sum_minus_one"], "lengths_minus_one", to=TensorProto.INT32)
    writer.node("Shape", ["attention_mask"], "mask.length", start=1, end=2)
    writer.node("Squeeze", ["mask.length"], "mask.length_scalar")
    writer.node("Cast", ["mask.length_scalar"], "total_length", to=TensorProto.INT32)


def _rotary_tables(writer: GraphWriter, network: Network) -> None:
    """Cosines and sines per position, shape (context_tokens, rotary / 2). RoFormer, arXiv 2104.09864."""
    exponents = np.arange(0, network.rotary, 2, dtype=np.float64) / network.rotary
    angles = np.outer(np.arange(network.context_tokens), network.rope_theta**-exponents)
    writer.constant("rotary.cosines", np.cos(angles).astype(np.float32))
    writer.constant("rotary.sines", np.sin(angles).astype(np.float32))


def _attention(writer: GraphWriter, network: Network, layer: Layer, index: int, source: str) -> str:
    stem = f"layers.{index}.attention"
    qkv = writer.linear(source, f"{stem}.qkv", layer.qkv, f"{stem}.qkv", layer.qkv_bias)
    past = [f"past_key_values.{index}.{kind}" for kind in ("key", "value")]
    lengths = ["lengths_minus_one", "total_length", "rotary.cosines", "rotary.sines"]
    node = helper.make_node(
        "GroupQueryAttention",
        [qkv, "", "", *past, *lengths],
        [f"{stem}.mixed", f"present.{index}.key", f"present.{index}.value"],
        name=f"{stem}.mixed",
        domain=CONTRIB,
        num_heads=network.heads,
        kv_num_heads=network.kv_heads,
        scale=float(network.head_size**-0.5),
        do_rotary=1,
        rotary_interleaved=0,
    )
    writer.nodes.append(node)
    return f"{stem}.mixed"


def _last_token(writer: GraphWriter, source: str) -> str:
    last = writer.constant("last", np.array([-1], np.int64))
    end = writer.constant("end", np.array([np.iinfo(np.int64).max], np.int64))
    axis = writer.constant("sequence_axis", np.array([1], np.int64))
    return writer.node("Slice", [source, last, end, axis], f"{source}.last")


def _add_and_norm(
    writer: GraphWriter, branch: str, hidden: str, stem: str, norm: FloatArray, epsilon: float
) -> tuple[str, str]:
    """The residual sum and its root-mean-square norm (arXiv 1910.07467), in one operator."""
    weight = writer.constant(f"{stem}_norm", norm)
    outputs = [f"{stem}_in", "", "", f"{stem}_residual"]
    writer.nodes.append(
        helper.make_node(
            "SkipSimplifiedLayerNormalization",
            [branch, hidden, weight],
            outputs,
            name=f"{stem}_in",
            domain=CONTRIB,
            epsilon=epsilon,
        )
    )
    return outputs[3], outputs[0]


def _feed_forward(writer: GraphWriter, network: Network, layer: Layer, index: int, source: str) -> str:
    stem = f"layers.{index}.feed_forward"
    both = writer.linear(source, f"{stem}.gate_up", layer.gate_up, f"{stem}.both")
    gate, up = f"{stem}.gate", f"{stem}.up"
    writer.nodes.append(helper.make_node("Split", [both], [gate, up], name=gate, axis=-1, num_outputs=2))
    if network.activation == "silu":
        writer.node("QuickGelu", [gate], f"{stem}.activated", CONTRIB, alpha=1.0)  # x * sigmoid(x)
    else:
        writer.node("Gelu", [gate], f"{stem}.activated", approximate="tanh")
    writer.node("Mul", [f"{stem}.activated", up], f"{stem}.gated")
    return writer.linear(f"{stem}.gated", f"{stem}.down", layer.down, f"{stem}.out")


def _logits(writer: GraphWriter, weights: Weights, source: str) -> None:
    if weights.head is not None:
        writer.linear(source, "head", weights.head, "logits")
    elif isinstance(weights.embedding, Blocks):
        writer.linear(source, "embedding", weights.embedding, "logits")
    else:
        transposed = writer.node("Transpose", ["embedding.weight"], "embedding.transposed", perm=[1, 0])
        writer.node("MatMul", [source, transposed], "logits")
