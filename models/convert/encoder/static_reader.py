"""The reader as graphs of fixed shapes: the layers of `models.convert.encoder.static` with the reader's heads.

The tensors are described in `rag_core.runtime.npu.static`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onnx
from onnx import helper

from models.convert.encoder.installed import affine, read_graph
from models.convert.encoder.network import Network
from models.convert.encoder.reader_graph import write_heads
from models.convert.encoder.reader_weights import Heads
from models.convert.encoder.static import StaticWriter, named, write_buckets
from models.convert.weight_file import Precision
from rag_core.runtime.npu.static import Bucket, ReaderShapes
from rag_core.runtime.pack import Pack


def write_static(source: Pack, folder: Path, buckets: Sequence[tuple[int, int]], precision: Precision = "fp16") -> Pack:
    """As `models.convert.encoder.static.write_static`, of a reader's pack."""
    network, weights, tensor = read_graph(source)
    heads = Heads(affine(tensor, "pooler"), affine(tensor, "judged"), affine(tensor, "spans"))
    static = ReaderShapes(named(buckets, "reader"))

    def head(graph: StaticWriter, _: Network, bucket: Bucket, x: str) -> list[onnx.ValueInfoProto]:
        write_heads(graph, heads, x)
        return [
            helper.make_tensor_value_info("judged", graph.float_type, [bucket.batch, 2]),
            helper.make_tensor_value_info("spans", graph.float_type, [bucket.batch, bucket.tokens, 2]),
        ]

    return write_buckets(source, folder, network, weights, static, head, precision)
