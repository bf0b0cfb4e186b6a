"""The reader as graphs of fixed shapes: the layers of `models.minilm.static` with the reader's heads.

The tensors are described in `rag_core.runtime.static`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx import helper

from models.minilm.installed import affine, read_graph
from models.minilm.network import Network
from models.minilm.static import Precision, StaticWriter, named, write_buckets
from models.reader.graph import write_heads
from models.reader.weights import Heads
from rag_core.runtime.pack import Pack
from rag_core.runtime.static import Bucket, StaticReader


def write_static(source: Pack, folder: Path, buckets: Sequence[tuple[int, int]], precision: Precision = "fp16") -> Pack:
    """As `models.minilm.static.write_static`, of a reader's pack."""
    network, weights, tensor = read_graph(source)
    heads = Heads(affine(tensor, "pooler"), affine(tensor, "judged"), affine(tensor, "spans"))
    static = StaticReader(named(buckets, "reader"))
    return write_buckets(source, folder, network, weights, static, StaticReadingHead(heads), precision)


@dataclass(frozen=True, slots=True)
class StaticReadingHead:
    """A head for `models.minilm.static.write_graph`."""

    heads: Heads

    def __call__(self, graph: StaticWriter, _: Network, bucket: Bucket, x: str) -> list[onnx.ValueInfoProto]:
        write_heads(graph, self.heads, x)
        return [
            helper.make_tensor_value_info("judged", graph.float_type, [bucket.batch, 2]),
            helper.make_tensor_value_info("spans", graph.float_type, [bucket.batch, bucket.tokens, 2]),
        ]
