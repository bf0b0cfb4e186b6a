"""A static pack of an encoder in integers: 8-bit weights, 16-bit activations, scaled on our own sample texts.

The graph is the one of `models.convert.encoder.static`; here it is run in float32 to see its values, then rewritten.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from models.convert.encoder.calibration import TEXTS
from models.convert.encoder.graph import Float32
from models.convert.encoder.installed import read_encoder
from models.convert.encoder.static import StaticWriter, mean_vectors, named, static_manifest, write_graph
from models.convert.weight_file import WeightFile
from models.training.quantised.qdq import masked_ranges, with_integers
from models.training.quantised.ranges import Array, Ranges, made_of, measured, part_of
from rag_core.runtime.npu.static import Bucket, EncoderShapes
from rag_core.runtime.pack import Pack, open_pack, write_manifest
from rag_core.runtime.tokenizer import PackTokenizer, TokenIds

PRECISION = "w8a16"
_WEIGHTS = "weights.data"
_MASK = "mask"
_LONGEST_TEXT = 120  # tokens

Graphs = Callable[[Bucket], onnx.ModelProto]


def write_static(source: Pack, folder: Path, buckets: Sequence[tuple[int, int]]) -> Pack:
    """As `models.convert.encoder.static.write_static`, in integers. Takes some seconds to measure the network's
    values first.
    """
    network, weights = read_encoder(source)

    def graph_of(bucket: Bucket) -> onnx.ModelProto:
        return write_graph(network, weights, bucket, StaticWriter(_Inside(), "fp32"), Float32(), mean_vectors)

    tokenizer = PackTokenizer(source.path_of(source.manifest.spec.get("tokenizer", "tokenizer.json")))
    ranges = ranges_of(graph_of, tokenizer.encode_batch(TEXTS, min(_LONGEST_TEXT, network.positions)))
    folder.mkdir(parents=True, exist_ok=True)
    static = EncoderShapes(network.hidden, named(buckets, "encoder"))
    with (folder / _WEIGHTS).open("wb") as data:
        file = WeightFile(data, _WEIGHTS)
        for bucket in static.buckets:
            model = in_integers(graph_of(bucket), ranges, file)
            (folder / f"{bucket.graph}.onnx").write_bytes(model.SerializeToString())
    write_manifest(folder, static_manifest(source, static, PRECISION))
    return open_pack(folder)


def ranges_of(graph_of: Graphs, texts: Iterable[TokenIds]) -> Ranges:
    """Each text runs in a graph of its own length: values of padding would widen the ranges for nothing."""
    by_length: dict[int, list[TokenIds]] = {}
    for ids in texts:
        by_length.setdefault(len(ids), []).append(ids)
    ranges: Ranges = {}
    for length, rows in by_length.items():
        batch = [{"input_ids": ids[None].astype(np.int32), _MASK: np.ones((1, length), np.float32)} for ids in rows]
        for name, seen in measured(graph_of(Bucket("measured", 1, length)), batch).items():
            ranges[name] = seen.joined(ranges.get(name))
    return ranges


def in_integers(model: onnx.ModelProto, ranges: Ranges, file: WeightFile) -> onnx.ModelProto:
    """What comes from the mask alone depends on the bucket, so it is measured in `model` itself."""
    of_mask = part_of(model, made_of(model.graph, [_MASK]))
    own = ranges | measured(of_mask, _masks(model))
    return with_integers(model, masked_ranges(model.graph, own, _MASK), file.tensor)


def _masks(model: onnx.ModelProto) -> Iterator[dict[str, Array]]:
    """The fullest and the emptiest."""
    shape = next(tensor for tensor in model.graph.input if tensor.name == _MASK).type.tensor_type.shape
    full = np.ones([size.dim_value for size in shape.dim], np.float32)
    one = np.zeros_like(full)
    one[:, 0] = 1
    yield {_MASK: full}
    yield {_MASK: one}


class _Inside(WeightFile):
    """Keeps constants in the model itself, where the runtime can measure it."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), "")

    def tensor(self, name: str, values: npt.NDArray[Any]) -> onnx.TensorProto:
        return numpy_helper.from_array(np.ascontiguousarray(values), name)
