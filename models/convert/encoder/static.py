"""The network as graphs of fixed shapes, for accelerators: plain ONNX operators, one graph per bucket, weights once.

The contract of the tensors is `rag_core.runtime.npu.static`. In float16 nothing may pass 65504: the layer norm and the
normalisation of the vector are therefore operators of their own (the squares that they sum never become a tensor), and
the mean is a product with weights that add up to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

from models.convert.encoder.graph import Arithmetic, Float32, GraphWriter, write_layers, write_norm
from models.convert.encoder.installed import read_encoder
from models.convert.encoder.network import Affine, Layer, Network, Weights
from models.convert.weight_file import NUMPY_TYPES, ONNX_TYPES, Precision, WeightFile
from rag_core.runtime.devices import CPU, QNN
from rag_core.runtime.npu.static import MASKED, STATIC, Bucket, EncoderShapes, ReaderShapes
from rag_core.runtime.pack import Graph, Manifest, Pack, open_pack, write_manifest

_WEIGHTS = "weights.data"
_OPSET = 21
_IR_VERSION = 10


class StaticWriter(GraphWriter):
    """Stores floats in `precision`, and large constants in a file that other graphs share."""

    def __init__(self, weights: WeightFile, precision: Precision) -> None:
        super().__init__()
        self._weights = weights
        self._float, self.float_type = NUMPY_TYPES[precision], ONNX_TYPES[precision]

    def constant(self, name: str, values: npt.NDArray[Any]) -> str:
        if values.dtype == np.float32:
            values = values.astype(self._float)
        self.initializers.append(self._weights.tensor(name, values))
        return name


# As `models.convert.encoder.graph.Head`, for a bucket. It may use the graph's inputs `input_ids` and `mask`.
StaticHead = Callable[[StaticWriter, Network, Bucket, str], list[onnx.ValueInfoProto]]


@dataclass(frozen=True, slots=True)
class Unfused:
    """Attention and GELU of `bucket` in operators that every accelerator has. `mask` is what `additive_mask` gives.

    The queries have to be scaled already (`scaled_queries`).
    """

    network: Network
    bucket: Bucket
    mask: str

    def attend(self, graph: GraphWriter, name: str, qkv: list[str]) -> str:
        query, key, value = (self._heads(graph, f"{name}.{part}", x) for part, x in zip("qkv", qkv, strict=True))
        turned = graph.node("Transpose", [key], f"{name}.k.turned", perm=[0, 1, 3, 2])
        scores = graph.node("MatMul", [query, turned], f"{name}.scores")
        masked = graph.node("Add", [scores, self.mask], f"{name}.masked")
        shares = graph.node("Softmax", [masked], f"{name}.shares", axis=-1)
        mixed = graph.node("MatMul", [shares, value], f"{name}.heads")
        back = graph.node("Transpose", [mixed], f"{name}.back", perm=[0, 2, 1, 3])
        shape = [self.bucket.batch, self.bucket.tokens, self.network.hidden]
        return graph.node("Reshape", [back, _shape(graph, f"{name}.shape", shape)], name)

    def gelu(self, graph: GraphWriter, name: str, x: str) -> str:
        return graph.node("Gelu", [x], name)

    def _heads(self, graph: GraphWriter, name: str, x: str) -> str:
        heads = self.network.heads
        shape = [self.bucket.batch, self.bucket.tokens, heads, self.network.hidden // heads]
        apart = graph.node("Reshape", [x, _shape(graph, f"{name}.shape", shape)], f"{name}.apart")
        return graph.node("Transpose", [apart], f"{name}.heads", perm=[0, 2, 1, 3])


def write_static(source: Pack, folder: Path, buckets: Sequence[tuple[int, int]], precision: Precision = "fp16") -> Pack:
    """A static pack in `folder` (made where it is missing) with a graph per (batch, tokens), from an installed pack.

    It has no tokenizer: whoever runs it has `source`. Raises UserError for a pack that was not made by this recipe.
    """
    network, weights = read_encoder(source)
    static = EncoderShapes(network.hidden, named(buckets, "encoder"))
    return write_buckets(source, folder, network, weights, static, mean_vectors, precision)


def named(buckets: Sequence[tuple[int, int]], stem: str) -> tuple[Bucket, ...]:
    return tuple(Bucket(f"{stem}_{batch}x{tokens}", batch, tokens) for batch, tokens in buckets)


def write_buckets(
    source: Pack,
    folder: Path,
    network: Network,
    weights: Weights,
    static: EncoderShapes | ReaderShapes,
    head: StaticHead,
    precision: Precision,
) -> Pack:
    """The graphs that `static` describes, in `folder`. Raises ValueError for one that is longer than the network."""
    if any(bucket.tokens > network.positions for bucket in static.buckets):
        raise ValueError(f"the network has positions for {network.positions} tokens: {static.buckets}")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _WEIGHTS).open("wb") as data:
        file = WeightFile(data, _WEIGHTS)
        for bucket in static.buckets:
            model = write_graph(network, weights, bucket, StaticWriter(file, precision), Float32(), head)
            (folder / f"{bucket.graph}.onnx").write_bytes(model.SerializeToString())
    write_manifest(folder, static_manifest(source, static, precision))
    return open_pack(folder)


def static_manifest(
    source: Pack, static: EncoderShapes | ReaderShapes, precision: str, files: Iterable[str] = (_WEIGHTS,)
) -> Manifest:
    """`source`'s, with the graphs of its buckets (each in a file of its name, beside `files` that all share)."""
    shared = tuple(files)
    graphs = tuple(
        Graph(b.graph, f"{b.graph}.onnx", precision, (QNN, CPU), (f"{b.graph}.onnx", *shared)) for b in static.buckets
    )
    return replace(source.manifest, graphs=graphs, spec=source.manifest.spec | {STATIC: asdict(static)})


def write_graph(
    network: Network,
    weights: Weights,
    bucket: Bucket,
    graph: StaticWriter,
    arithmetic: Arithmetic,
    head: StaticHead,
) -> onnx.ModelProto:
    """The whole network for one bucket. `arithmetic` says how matrices are multiplied, `graph` how constants are kept
    (and may add to every node: all of them go through it).
    """
    shape = [bucket.batch, bucket.tokens]
    x = _embeddings(graph, network, weights, bucket, arithmetic)
    operators = Unfused(network, bucket, additive_mask(graph, bucket))
    layers = [scaled_queries(layer, network) for layer in weights.layers]
    x = write_layers(graph, network, layers, x, arithmetic, operators)
    outputs = head(graph, network, bucket, x)
    body = helper.make_graph(
        graph.nodes,
        bucket.graph,
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT32, shape),
            helper.make_tensor_value_info("mask", graph.float_type, shape),
        ],
        outputs,
        graph.initializers,
    )
    opsets = [helper.make_opsetid("", _OPSET)]
    return helper.make_model(body, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="alcove")


def additive_mask(graph: GraphWriter, bucket: Bucket) -> str:
    """The input `mask` (1 and 0) as what is added to scores, (batch, 1, 1, tokens)."""
    one = graph.constant("mask.one", np.array([1], np.float32))
    strength = graph.constant("mask.strength", np.array([-MASKED], np.float32))
    below = graph.node("Sub", ["mask", one], "mask.below")
    added = graph.node("Mul", [below, strength], "mask.flat")
    return graph.node(
        "Reshape", [added, _shape(graph, "mask.shape", [bucket.batch, 1, 1, bucket.tokens])], "mask.added"
    )


def scaled_queries(layer: Layer, network: Network) -> Layer:
    """The scores' divisor, moved into the weights: one node less per layer, and smaller scores."""
    factor = np.float32((network.hidden // network.heads) ** -0.5)
    return replace(layer, query=Affine(layer.query.weight * factor, layer.query.bias * factor))


def _embeddings(graph: GraphWriter, network: Network, weights: Weights, bucket: Bucket, arithmetic: Arithmetic) -> str:
    words = arithmetic.look_up(graph, "words", weights.word, "input_ids")
    # A row of positions per text: QAIRT 2.51 makes one operator of a sum and the layer norm after it, and where the sum
    # has to broadcast, all texts but the first come out wrong (on the emulator; a sum of equal shapes is right).
    positions = np.tile(weights.position[: bucket.tokens], (bucket.batch, 1, 1))
    total = graph.node("Add", [words, graph.constant("positions.table", positions)], "embeddings.sum")
    return write_norm(graph, network, "embeddings", total, weights.embedding_norm)


def mean_vectors(graph: StaticWriter, network: Network, bucket: Bucket, x: str) -> list[onnx.ValueInfoProto]:
    """The head of an embedder: the mean of the tokens that `mask` lets through, of unit length."""
    axis = graph.constant("token_axis", np.array([1], np.int64))
    count = graph.node("ReduceSum", ["mask", axis], "mask.count", keepdims=1)
    share = graph.node("Div", ["mask", count], "mask.share")
    row = graph.node("Reshape", [share, _shape(graph, "share.shape", [bucket.batch, 1, bucket.tokens])], "mask.row")
    mean = graph.node("MatMul", [row, x], "mean.row")
    mean = graph.node("Reshape", [mean, _shape(graph, "mean.shape", [bucket.batch, network.hidden])], "mean")
    graph.node("LpNormalization", [mean], "vectors", axis=-1, p=2)
    return [helper.make_tensor_value_info("vectors", graph.float_type, [bucket.batch, network.hidden])]


def _shape(graph: GraphWriter, name: str, sizes: Sequence[int]) -> str:
    return graph.constant(name, np.array(sizes, np.int64))
