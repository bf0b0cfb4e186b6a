"""Writes the reader's own file, which `models.convert.encoder.reader_weights` describes and reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from models.convert.encoder.network import Affine, Norm, Weights
from models.convert.encoder.reader_weights import AFFINES, NORMS, TRAINING, HalfArray, Heads
from rag_core.types import FloatArray


def save_weights(path: Path, weights: Weights, heads: Heads, training: Mapping[str, Any]) -> None:
    """Without the word embeddings. `training` is what can be said as JSON."""
    tensors = {"positions": _half(weights.position), **_pair("embedding_norm", weights.embedding_norm)}
    for index, layer in enumerate(weights.layers):
        for name in (*AFFINES, *NORMS):
            tensors |= _pair(f"layer.{index}.{name}", getattr(layer, name))
    for name in ("pooler", "judge", "span"):
        tensors |= _pair(name, getattr(heads, name))
    path.write_bytes(save(tensors, {TRAINING: json.dumps(training, sort_keys=True)}))


def _pair(name: str, part: Affine | Norm) -> dict[str, HalfArray]:
    return {f"{name}.weight": _half(part.weight), f"{name}.bias": _half(part.bias)}


def _half(values: FloatArray) -> HalfArray:
    return np.ascontiguousarray(values, np.float16)
