"""A static pack of an LLM: the graphs of `models.convert.decoder.static_graph` out of an installed pack, without a
network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from models.convert.decoder.installed import read_back
from models.convert.decoder.network import Network
from models.convert.decoder.static_graph import StaticGraph, keep_layer
from models.convert.decoder.static_weights import (
    NamedWeights,
    PlainProducts,
    Products,
    new_weight_file,
    parts,
)
from models.convert.decoder.weights import Matrix, Weights
from models.convert.weight_file import NUMPY_TYPES, Precision
from rag_core.runtime.npu.static import STATIC, DecoderShapes, DecoderWindow
from rag_core.runtime.pack import MANIFEST, Canonical, Graph, Manifest, Pack, open_pack, write_manifest

EMBEDDING = "embedding.npy"
_WEIGHTS = "weights.data"
_PROVIDERS = ("QNNExecutionProvider", "CPUExecutionProvider")


def write_static(
    source: Pack,
    folder: Path,
    windows: Sequence[tuple[int, int]],
    precision: Precision = "fp16",
    products: Products | None = None,
) -> Pack:
    """Graphs of `source` for `windows` of (tokens, cache), in `folder`, which becomes a pack when all is written.

    Memory: one matrix at a time. `products` tells how weights are kept and multiplied (of the graph's own precision
    where it is not given). Raises UserError where the weights of `source` cannot be read back, PackCorrupt where it is
    damaged.
    """
    network, weights = read_back(source)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    chosen = products or PlainProducts(precision)
    named = tuple(DecoderWindow(window_name(tokens, cache), tokens, cache) for tokens, cache in windows)
    with new_weight_file(folder / _WEIGHTS, precision) as file:
        _keep(file, chosen, network, weights)
    _write_embedding(folder / EMBEDDING, weights.embedding, network, precision)
    for window in named:
        graph = StaticGraph(network, file, chosen, window.tokens, window.cache, precision)
        graph.write(folder / f"{window.graph}.onnx", window.graph)
    write_manifest(folder, _manifest(source, network, named, chosen.precision))
    return open_pack(folder)


def window_name(tokens: int, cache: int) -> str:
    return f"step-{cache}" if tokens == 1 else f"read-{tokens}-{cache}"


def _keep(file: NamedWeights, products: Products, network: Network, weights: Weights) -> None:
    count = 0
    for index, layer in enumerate(weights.layers):
        keep_layer(file, products, network, layer, index)
        count += 1
    if count != network.layers:
        raise ValueError(f"the network has {network.layers} layers, the weights {count}")
    file.add("final_norm", weights.final_norm)
    products.keep(file, "head", weights.embedding if weights.head is None else weights.head)


def _write_embedding(path: Path, matrix: Matrix, network: Network, precision: Precision) -> None:
    table = np.lib.format.open_memmap(path, "w+", NUMPY_TYPES[precision], matrix.shape)
    for start, part in parts(matrix):
        table[start : start + len(part)] = part * np.float32(network.embedding_scale)
    table.flush()


def _manifest(source: Pack, network: Network, windows: tuple[DecoderWindow, ...], precision: str) -> Manifest:
    static = DecoderShapes(
        layers=network.layers,
        hidden=network.hidden,
        kv_heads=network.kv_heads,
        head_size=network.head_size,
        rotary=network.rotary,
        rope_theta=network.rope_theta,
        vocabulary=network.vocabulary,
        context_tokens=network.context_tokens,
        embedding=EMBEDDING,
        windows=windows,
    )
    made_of = source.manifest
    graphs = (
        Graph(window.graph, f"{window.graph}.onnx", precision, _PROVIDERS, (f"{window.graph}.onnx", _WEIGHTS))
        for window in windows
    )
    return replace(
        made_of,
        files=(),
        graphs=tuple(graphs),
        canonical=Canonical(),
        spec=made_of.spec | {STATIC: asdict(static)},
        provenance={
            "made_by": "models/convert/decoder/static.py",
            "made_from": {"id": source.id, "sha256": source.sha256},
        },
    )
