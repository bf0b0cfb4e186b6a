"""Weights back out of an installed pack: the inverse of `models.convert.decoder.graph`, for graphs of other shapes.

The pack's data file is mapped, not read, and a layer is taken out of it when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import TensorProto, helper

from models.convert.decoder.network import Network
from models.convert.decoder.weights import Blocks, Codes, Layer, Matrix, Weights, unpack
from rag_core.errors import PackCorrupt, UserError
from rag_core.messages import say
from rag_core.runtime.pack import Pack, verify
from rag_core.types import FloatArray

_QUANTISED = ("MatMulNBits", "GatherBlockQuantized")


def read_back(pack: Pack) -> tuple[Network, Weights]:
    """The network of an installed LLM pack and its weights, as its graph computes with them.

    `weights.layers` can be iterated once. Raises UserError where the graph was not written by
    `models.convert.decoder.graph`,
    PackCorrupt where a file differs from the manifest.
    """
    network = _network(pack)
    graph = pack.manifest.graphs[0]
    verify(pack, only=graph.files or (graph.path,))
    stored = _Stored(pack, graph.path)
    head = None if network.tied_embedding else stored.matrix("head", network.vocabulary, network.hidden)
    embedding = stored.matrix("embedding", network.vocabulary, network.hidden, lookup=True)
    return network, Weights(embedding, _layers(stored, network), stored.array("final_norm"), head)


def _network(pack: Pack) -> Network:
    described = pack.manifest.spec.get("network")
    if not isinstance(described, dict) or not pack.manifest.graphs:
        raise not_ours(pack)
    try:
        return Network(**described)
    except TypeError as error:
        raise not_ours(pack) from error


def not_ours(pack: Pack) -> UserError:
    return UserError(say("graph-not-ours", title=pack.manifest.title), say("works-on-processor"))


def _layers(stored: _Stored, network: Network) -> Iterator[Layer]:
    for index in range(network.layers):
        attention, feed_forward = f"layers.{index}.attention", f"layers.{index}.feed_forward"
        yield Layer(
            attention_norm=stored.array(f"{attention}_norm"),
            qkv=stored.matrix(f"{attention}.qkv", network.q_size + 2 * network.kv_size, network.hidden),
            output=stored.matrix(f"{attention}.output", network.hidden, network.q_size),
            feed_forward_norm=stored.array(f"{feed_forward}_norm"),
            gate_up=stored.matrix(f"{feed_forward}.gate_up", 2 * network.feed_forward, network.hidden),
            down=stored.matrix(f"{feed_forward}.down", network.hidden, network.feed_forward),
            qkv_bias=stored.array(f"{attention}.qkv.bias") if network.qkv_bias else None,
        )


class _Stored:
    """The initializers of one graph file, by name."""

    def __init__(self, pack: Pack, path: str) -> None:
        self._pack = pack
        try:
            graph = onnx.load(pack.path_of(path), load_external_data=False).graph
        except DecodeError as error:
            raise PackCorrupt(say("file-no-graph", path=path, pack=pack.id), say("make-pack-again")) from error
        self._tensors = {tensor.name: tensor for tensor in graph.initializer}
        # Bits, block and number of columns stand in the operator that computes with the codes.
        self._sizes = {
            part: {attribute.name: attribute.i for attribute in node.attribute}
            for node in graph.node
            if node.op_type in _QUANTISED
            for part in node.input
            if part.endswith((".codes", ".flat_codes"))
        }

    def array(self, name: str) -> FloatArray:
        return np.array(self._mapped(name), np.float32)

    def matrix(self, name: str, rows: int, columns: int, lookup: bool = False) -> Matrix:
        """As the writer was given it; `lookup` for one whose rows are looked up."""
        if f"{name}.codes" in self._tensors:
            return self._blocks(name, rows, columns)
        values = self._mapped(f"{name}.weight")
        matrix: FloatArray = values if lookup else values.T
        if matrix.shape != (rows, columns):
            raise not_ours(self._pack)
        return matrix

    def _blocks(self, name: str, rows: int, columns: int) -> Blocks:
        sizes = self._sizes.get(f"{name}.codes") or self._sizes.get(f"{name}.flat_codes")
        if sizes is None or not {"bits", "block_size"} <= sizes.keys():
            raise not_ours(self._pack)
        bits, block = sizes["bits"], sizes["block_size"]
        scales = np.array(self._mapped(f"{name}.scales"))
        packed = self._mapped(f"{name}.codes")
        codes = unpack(packed.reshape(len(packed), -1), bits)
        if codes.shape[1] < columns or scales.shape != (rows, codes.shape[1] // block):
            raise not_ours(self._pack)
        zero_points: Codes | None = None
        if f"{name}.zero_points" in self._tensors:
            zero_points = unpack(self._mapped(f"{name}.zero_points"), bits)[:, : scales.shape[1]]
        whole = Blocks(bits, block, codes, scales, zero_points)
        return whole if sizes.get("K", columns) == columns else whole.without_sum_columns(columns)

    def _mapped(self, name: str) -> npt.NDArray[Any]:
        tensor = self._tensors.get(name)
        if tensor is None:
            raise not_ours(self._pack)
        dtype, shape = helper.tensor_dtype_to_np_dtype(tensor.data_type), tuple(tensor.dims)
        if tensor.data_location != TensorProto.EXTERNAL:
            return np.frombuffer(tensor.raw_data, dtype).reshape(shape)
        place = {entry.key: entry.value for entry in tensor.external_data}
        path = self._pack.path_of(Path(place["location"]).name)
        return np.memmap(path, dtype, "r", int(place["offset"]), shape)
