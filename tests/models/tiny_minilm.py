"""The default embedder's network with small random weights, and a pack of it that needs no download."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tokenizers

from models.convert.encoder.graph import Arithmetic, write_encoder
from models.convert.encoder.network import Network, Weights, weights_from
from models.convert.encoder.quantise import Float64Array, Int8
from rag_core.runtime.pack import Canonical, Graph, Manifest, Pack, open_pack, write_manifest
from rag_core.types import FloatArray

NETWORK = Network(hidden=32, heads=4, layers=2, intermediate=64, vocabulary=60, positions=40, epsilon=1e-12)
CPU, NPU = ("CPUExecutionProvider",), ("QNNExecutionProvider",)


def random_tensors(seed: int = 0) -> dict[str, FloatArray]:
    """By the names of a BERT checkpoint."""
    draw = np.random.default_rng(seed)
    n = NETWORK

    def values(*shape: int) -> FloatArray:
        return (draw.normal(size=shape) * 0.3).astype(np.float32)

    tensors = {
        "embeddings.word_embeddings.weight": values(n.vocabulary, n.hidden),
        "embeddings.position_embeddings.weight": values(n.positions, n.hidden),
        "embeddings.token_type_embeddings.weight": values(2, n.hidden),
    }
    norms = ["embeddings.LayerNorm"]
    for index in range(n.layers):
        prefix = f"encoder.layer.{index}."
        for name in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            tensors[f"{prefix}{name}.weight"] = values(n.hidden, n.hidden)
            tensors[f"{prefix}{name}.bias"] = values(n.hidden)
        tensors[f"{prefix}intermediate.dense.weight"] = values(n.intermediate, n.hidden)
        tensors[f"{prefix}intermediate.dense.bias"] = values(n.intermediate)
        tensors[f"{prefix}output.dense.weight"] = values(n.hidden, n.intermediate)
        tensors[f"{prefix}output.dense.bias"] = values(n.hidden)
        norms += [f"{prefix}attention.output.LayerNorm", f"{prefix}output.LayerNorm"]
    for name in norms:
        tensors[f"{name}.weight"] = 1 + values(n.hidden)
        tensors[f"{name}.bias"] = values(n.hidden)
    return tensors


def random_weights(seed: int = 0) -> Weights:
    return weights_from(random_tensors(seed), NETWORK)


def tokenizer() -> tokenizers.Tokenizer:
    """Lower-case words, one per id; numbers 0 to 49 are known words."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "what", "is", "the", "notice", "period", "?", *map(str, range(50))]
    result = tokenizers.Tokenizer(tokenizers.models.WordLevel({w: i for i, w in enumerate(words)}, "[UNK]"))
    result.normalizer = tokenizers.normalizers.Lowercase()
    result.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    result.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return result


def write_pack(
    root: Path,
    graphs: tuple[tuple[str, Weights, Arithmetic, tuple[str, ...]], ...] = (("int8", random_weights(), Int8(), CPU),),
    canonical: Canonical | None = None,
) -> Pack:
    """A pack of (name, weights, arithmetic, providers) in `root`; texts are cut at 32 tokens."""
    root.mkdir(parents=True, exist_ok=True)
    tokenizer().save(str(root / "tokenizer.json"))
    for name, weights, arithmetic, _ in graphs:
        (root / f"{name}.onnx").write_bytes(write_encoder(NETWORK, weights, arithmetic).SerializeToString())
    manifest = Manifest(
        id="tiny",
        role="embedder",
        title="Tiny",
        licence="Apache-2.0",
        version="1",
        files=(),
        graphs=tuple(Graph(n, f"{n}.onnx", n, on, (f"{n}.onnx", "tokenizer.json")) for n, _, _, on in graphs),
        spec={"dim": NETWORK.hidden, "max_tokens": 32, "pooling": "mean", "pooled": True},
        canonical=canonical or Canonical(),
    )
    write_manifest(root, manifest)
    return open_pack(root)


def reference(tensors: dict[str, FloatArray], ids: list[int]) -> FloatArray:
    """The unit vector of one text, of `states`."""
    mean = states(tensors, ids).mean(axis=0)
    result: FloatArray = (mean / np.linalg.norm(mean)).astype(np.float32)
    return result


def states(tensors: dict[str, FloatArray], ids: list[int]) -> Float64Array:
    """The network in plain NumPy, float64, written from the BERT paper: its last layer's output (tokens, hidden)."""
    n = NETWORK

    def norm(x: Float64Array, name: str) -> Float64Array:
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + n.epsilon)
        result: Float64Array = x * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]
        return result

    def dense(x: Float64Array, name: str) -> Float64Array:
        result: Float64Array = x @ tensors[f"{name}.weight"].T.astype(np.float64) + tensors[f"{name}.bias"]
        return result

    x = tensors["embeddings.word_embeddings.weight"][ids].astype(np.float64)
    x = x + tensors["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + tensors["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for index in range(n.layers):
        prefix = f"encoder.layer.{index}."
        q, k, v = (
            dense(x, f"{prefix}attention.self.{part}").reshape(len(ids), n.heads, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        weights = np.exp(q @ k.transpose(0, 2, 1) / np.sqrt(n.hidden // n.heads))
        mixed: Float64Array = (weights / weights.sum(-1, keepdims=True)) @ v
        mixed = mixed.transpose(1, 0, 2).reshape(len(ids), n.hidden)
        x = norm(x + dense(mixed, f"{prefix}attention.output.dense"), f"{prefix}attention.output.LayerNorm")
        up = dense(x, f"{prefix}intermediate.dense")
        active = 0.5 * up * (1 + np.tanh(np.sqrt(2 / np.pi) * (up + 0.044715 * up**3)))
        x = norm(x + dense(active, f"{prefix}output.dense"), f"{prefix}output.LayerNorm")
    return x
