"""The reader's heads on the embedder's layers: see `rag_core.read.description` for what the graph takes and gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper

from models.convert.encoder.graph import GraphWriter
from models.convert.encoder.network import Affine, Network
from models.convert.encoder.reader_weights import Heads


@dataclass(frozen=True, slots=True)
class ReadingHead:
    """A head for `models.convert.encoder.graph.write_encoder`. Its matrices stay in fp32: they are a hundredth of
    the work.
    """

    heads: Heads

    def __call__(self, graph: GraphWriter, _: Network, x: str) -> list[onnx.ValueInfoProto]:
        write_heads(graph, self.heads, x)
        return [
            helper.make_tensor_value_info("judged", TensorProto.FLOAT, ["texts", 2]),
            helper.make_tensor_value_info("spans", TensorProto.FLOAT, ["texts", "tokens", 2]),
        ]


def write_heads(graph: GraphWriter, heads: Heads, x: str) -> None:
    """The nodes that make `judged` and `spans` of `x` (texts, tokens, hidden)."""
    first = graph.node("Gather", [x, graph.constant("first_token", np.array(0, np.int64))], "first", axis=1)
    pooled = graph.node("Tanh", [_affine(graph, "pooler", first, heads.pooler)], "pooled")
    _affine(graph, "judged", pooled, heads.judge)
    _affine(graph, "spans", x, heads.span)


def _affine(graph: GraphWriter, name: str, x: str, affine: Affine) -> str:
    """Its result is called `name`, its constants too."""
    product = graph.node("MatMul", [x, graph.constant(f"{name}.weight", affine.weight.T)], f"{name}.product")
    return graph.node("Add", [product, graph.constant(f"{name}.bias", affine.bias)], name)
