"""From a checkpoint of the training (PyTorch) to the reader's own file."""

from __future__ import annotations

from pathlib import Path

import torch

from models.convert.encoder.network import Affine, Layer, Norm, Weights
from models.convert.encoder.reader_weights import Heads
from models.training.reader.saving import save_weights
from rag_core.types import FloatArray


def export(checkpoint: Path, target: Path) -> None:
    """Write `target` anew, at once."""
    stored = torch.load(checkpoint, map_location="cpu", weights_only=True)
    tensors = {name: value.float().numpy() for name, value in stored["reader"].items()}
    weights, heads = from_state(tensors)
    partial = target.with_name(f".{target.name}.partial")
    save_weights(partial, weights, heads, {"step": stored["step"], "config": stored["config"]})
    partial.replace(target)


def from_state(tensors: dict[str, FloatArray]) -> tuple[Weights, Heads]:
    """From the names of `models.training.reader.network.Reader`, which keeps query, key and value in one matrix."""

    def affine(name: str) -> Affine:
        return Affine(tensors[f"{name}.weight"], tensors[f"{name}.bias"])

    def norm(name: str) -> Norm:
        return Norm(tensors[f"{name}.weight"], tensors[f"{name}.bias"])

    def layer(name: str) -> Layer:
        hidden = tensors["positions"].shape[1]
        qkv = affine(f"{name}.qkv")
        starts = range(0, 3 * hidden, hidden)
        query, key, value = (Affine(qkv.weight[at : at + hidden], qkv.bias[at : at + hidden]) for at in starts)
        return Layer(
            query=query,
            key=key,
            value=value,
            context=affine(f"{name}.context"),
            up=affine(f"{name}.up"),
            down=affine(f"{name}.down"),
            context_norm=norm(f"{name}.context_norm"),
            output_norm=norm(f"{name}.output_norm"),
        )

    count = len({name.split(".")[1] for name in tensors if name.startswith("layers.")})
    layers = tuple(layer(f"layers.{index}") for index in range(count))
    weights = Weights(tensors["words.weight"], tensors["positions"], norm("embedding_norm"), layers)
    return weights, Heads(affine("pooler"), affine("judge"), affine("span"))
