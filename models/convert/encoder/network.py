"""A BERT encoder as data: its shape and its weights. Writers (CPU here, an NPU's static shapes later) read this.

Layout: Devlin et al., "BERT" (arXiv:1810.04805); tensor names: Hugging Face `BertModel`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_core.types import FloatArray


@dataclass(frozen=True, slots=True)
class Network:
    """Sizes. `epsilon` is that of every layer norm; `positions` the longest sequence that has position embeddings."""

    hidden: int
    heads: int
    layers: int
    intermediate: int
    vocabulary: int
    positions: int
    epsilon: float

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Network:
        """From a `config.json`. Raises ValueError for a network that is laid out otherwise."""
        if config["model_type"] != "bert" or config["hidden_act"] != "gelu":
            raise ValueError(f"not a BERT encoder with GELU: {config['model_type']}, {config['hidden_act']}")
        return cls(
            hidden=config["hidden_size"],
            heads=config["num_attention_heads"],
            layers=config["num_hidden_layers"],
            intermediate=config["intermediate_size"],
            vocabulary=config["vocab_size"],
            positions=config["max_position_embeddings"],
            epsilon=config["layer_norm_eps"],
        )


@dataclass(frozen=True, slots=True)
class Affine:
    """`x @ weight.T + bias`; `weight` has the shape (out, in)."""

    weight: FloatArray
    bias: FloatArray


@dataclass(frozen=True, slots=True)
class Norm:
    """A layer norm over the last axis."""

    weight: FloatArray
    bias: FloatArray


@dataclass(frozen=True, slots=True)
class Outliers:
    """A few channels of a matrix's input that are multiplied apart, in fp32: `x[..., channels] @ weight.T`."""

    channels: npt.NDArray[np.int64]
    weight: FloatArray


@dataclass(frozen=True, slots=True)
class Layer:
    """One encoder layer. The last four are what smoothing adds: residual scales multiply the skipped value before it is
    added, the active scale multiplies the output of GELU on its way into `down`, `outliers` go around both.
    """

    query: Affine
    key: Affine
    value: Affine
    context: Affine
    up: Affine
    down: Affine
    context_norm: Norm
    output_norm: Norm
    context_residual: FloatArray | None = None
    output_residual: FloatArray | None = None
    active_scale: FloatArray | None = None
    outliers: Outliers | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """`position` already holds the type embedding of a single text."""

    word: FloatArray
    position: FloatArray
    embedding_norm: Norm
    layers: tuple[Layer, ...]


def weights_from(tensors: Mapping[str, FloatArray], network: Network) -> Weights:
    """Sort the tensors of a `BertModel` checkpoint. Raises KeyError when one is missing."""
    position = tensors["embeddings.position_embeddings.weight"] + tensors["embeddings.token_type_embeddings.weight"][0]
    return Weights(
        word=tensors["embeddings.word_embeddings.weight"],
        position=np.asarray(position, np.float32),
        embedding_norm=Norm(tensors["embeddings.LayerNorm.weight"], tensors["embeddings.LayerNorm.bias"]),
        layers=tuple(_layer(tensors, f"encoder.layer.{index}.") for index in range(network.layers)),
    )


def _layer(tensors: Mapping[str, FloatArray], prefix: str) -> Layer:
    def affine(name: str) -> Affine:
        return Affine(tensors[f"{prefix}{name}.weight"], tensors[f"{prefix}{name}.bias"])

    def norm(name: str) -> Norm:
        return Norm(tensors[f"{prefix}{name}.LayerNorm.weight"], tensors[f"{prefix}{name}.LayerNorm.bias"])

    return Layer(
        query=affine("attention.self.query"),
        key=affine("attention.self.key"),
        value=affine("attention.self.value"),
        context=affine("attention.output.dense"),
        up=affine("intermediate.dense"),
        down=affine("output.dense"),
        context_norm=norm("attention.output"),
        output_norm=norm("output"),
    )
