"""The reader's own file: what training changed, as float16. The word embeddings are the embedder's, from its wheel.

A safetensors file with these tensors, matrices as (out, in): `positions` (positions, hidden); `embedding_norm`;
per layer N `layer.N.` with `query`, `key`, `value`, `context`, `up`, `down`, `context_norm` and `output_norm`; and the
heads `pooler` (hidden, hidden), `judge` (2, hidden), `span` (2, hidden). All but `positions` are a `.weight` and a
`.bias`. Its metadata tell how it was trained (`training`, JSON).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.convert.encoder.network import Affine, Layer, Network, Norm, Weights
from rag_core.errors import UserError
from rag_core.messages import say
from rag_core.runtime.pack import hash_file
from rag_core.types import FloatArray

TRAINING = "training"
AFFINES = ("query", "key", "value", "context", "up", "down")
NORMS = ("context_norm", "output_norm")

HalfArray = npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Heads:
    """On the last layer's output x (texts, tokens, hidden): `judge(tanh(pooler(x[:, 0])))` gives the logits of
    relevance and support, `span(x)` those of start and end.
    """

    pooler: Affine
    judge: Affine
    span: Affine


def load_weights(path: Path, network: Network, word: FloatArray) -> tuple[Weights, Heads]:
    """The network and its heads in float32; `word` (vocabulary, hidden) is the table that the file lacks.

    Raises ValueError where the file is not such a file, or one of another network.
    """
    tensors = _read(path)
    _check(tensors, network)

    def affine(name: str) -> Affine:
        return Affine(_float(tensors[f"{name}.weight"]), _float(tensors[f"{name}.bias"]))

    def norm(name: str) -> Norm:
        return Norm(_float(tensors[f"{name}.weight"]), _float(tensors[f"{name}.bias"]))

    def layer(name: str) -> Layer:
        query, key, value, context, up, down = (affine(f"{name}.{part}") for part in AFFINES)
        return Layer(query, key, value, context, up, down, norm(f"{name}.context_norm"), norm(f"{name}.output_norm"))

    layers = tuple(layer(f"layer.{index}") for index in range(network.layers))
    weights = Weights(word, _float(tensors["positions"]), norm("embedding_norm"), layers)
    return weights, Heads(affine("pooler"), affine("judge"), affine("span"))


def training_of(path: Path) -> dict[str, Any]:
    """How the weights of the file were trained, as they say themselves."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        told: dict[str, Any] = json.loads(file.metadata()[TRAINING])
    return told


def require(path: Path, sha256: str) -> None:
    """Raises UserError where the file is missing, or is not the pinned one."""
    if not path.is_file():
        raise UserError(say("reader-weights-missing", name=path.name), say("install-again"))
    if hash_file(path) != sha256:
        raise UserError(say("reader-weights-changed", name=path.name), say("file-damaged-install-again"))


def _float(values: HalfArray) -> FloatArray:
    return values.astype(np.float32)


def _read(path: Path) -> dict[str, HalfArray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors: dict[str, HalfArray] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ValueError(f"{path.name} is not a file of weights: {error}") from error
    return tensors


def _check(tensors: Mapping[str, HalfArray], network: Network) -> None:
    wanted = _shapes(network)
    if tensors.keys() != wanted.keys():
        odd = sorted(tensors.keys() ^ wanted.keys())
        raise ValueError(f"these weights are of another network: {', '.join(odd[:3])}")
    for name, shape in wanted.items():
        if tensors[name].shape != shape:
            raise ValueError(f"the tensor {name} has the shape {tensors[name].shape}, not {shape}")
        if not np.isfinite(tensors[name]).all():
            raise ValueError(f"the tensor {name} has values that are no numbers")


def _shapes(network: Network) -> dict[str, tuple[int, ...]]:
    hidden, inner = network.hidden, network.intermediate
    shapes: dict[str, tuple[int, ...]] = {"positions": (network.positions, hidden)}
    matrices = {"pooler": (hidden, hidden), "judge": (2, hidden), "span": (2, hidden)}
    norms = ["embedding_norm"]
    for index in range(network.layers):
        layer = f"layer.{index}."
        matrices |= {f"{layer}{name}": (hidden, hidden) for name in ("query", "key", "value", "context")}
        matrices |= {f"{layer}up": (inner, hidden), f"{layer}down": (hidden, inner)}
        norms += [f"{layer}{name}" for name in NORMS]
    for name, shape in matrices.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    for name in norms:
        shapes |= {f"{name}.weight": (hidden,), f"{name}.bias": (hidden,)}
    return shapes
