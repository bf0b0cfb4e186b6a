"""The reader in PyTorch, for training: the embedder's body, and three heads on it.

Input: "[CLS] question [SEP] subject, passage [SEP]" as token ids; there is no type embedding, so that the graph is the
embedder's. Word embeddings stay as they are: the reader's own file is half as large, and the table exists already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.convert.encoder.network import Network
from rag_core.types import FloatArray


class Scores(NamedTuple):
    """Logits. `relevance` and `support` (texts,); `start` and `end` (texts, tokens): position 0 means "no answer"."""

    relevance: Tensor
    support: Tensor
    start: Tensor
    end: Tensor


class Layer(nn.Module):
    """One encoder layer. Attention is spelled out: PyTorch's fused one takes three times as long backwards on a CPU."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        hidden = network.hidden
        self.heads = network.heads
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.context = nn.Linear(hidden, hidden)
        self.context_norm = nn.LayerNorm(hidden, network.epsilon)
        self.up = nn.Linear(hidden, network.intermediate)
        self.down = nn.Linear(network.intermediate, hidden)
        self.output_norm = nn.LayerNorm(hidden, network.epsilon)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """`x` (texts, tokens, hidden); `mask` (texts * heads, 1, tokens), added to the scores."""
        texts, tokens, hidden = x.shape
        size = hidden // self.heads
        split = self.qkv(x).view(texts, tokens, 3, self.heads, size).permute(2, 0, 3, 1, 4)
        query, key, value = split.reshape(3, texts * self.heads, tokens, size).unbind(0)
        shares = torch.baddbmm(mask, query, key.transpose(1, 2), alpha=size**-0.5).softmax(-1)
        mixed = torch.bmm(shares, value).view(texts, self.heads, tokens, size).transpose(1, 2)
        x = self.context_norm(x + self.context(mixed.reshape(texts, tokens, hidden)))
        return self.output_norm(x + self.down(functional.gelu(self.up(x))))


class Reader(nn.Module):
    """See the module. `forward` takes ids and mask, both (texts, tokens), mask 1 where there is a token."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.words = nn.Embedding(network.vocabulary, network.hidden)
        self.words.weight.requires_grad_(False)
        self.positions = nn.Parameter(torch.zeros(network.positions, network.hidden))
        self.embedding_norm = nn.LayerNorm(network.hidden, network.epsilon)
        self.layers = nn.ModuleList(Layer(network) for _ in range(network.layers))
        self.pooler = nn.Linear(network.hidden, network.hidden)
        self.judge = nn.Linear(network.hidden, 2)
        self.span = nn.Linear(network.hidden, 2)

    def forward(self, ids: Tensor, mask: Tensor) -> Scores:
        x = self.embedding_norm(self.words(ids) + self.positions[: ids.shape[1]])
        below = (1.0 - mask.to(x.dtype)) * -1e4
        rows = below[:, None, None, :].expand(-1, self.network.heads, 1, -1).reshape(-1, 1, ids.shape[1])
        if torch.is_autocast_enabled("cpu"):
            x, rows = x.bfloat16(), rows.bfloat16()
        for layer in self.layers:
            x = layer(x, rows)
        judged = self.judge(torch.tanh(self.pooler(x[:, 0]))).float()
        spans = self.span(x).float()
        return Scores(judged[:, 0], judged[:, 1], spans[..., 0], spans[..., 1])


def start_from(network: Network, tensors: Mapping[str, FloatArray]) -> Reader:
    """A reader with the weights of a `BertModel` checkpoint and fresh heads."""
    reader = Reader(network)
    reader.load_state_dict(_renamed(tensors, network), strict=False)
    nn.init.eye_(reader.pooler.weight)
    for head in (reader.judge, reader.span):
        nn.init.normal_(head.weight, std=0.02)
        nn.init.zeros_(head.bias)
    nn.init.zeros_(reader.pooler.bias)
    return reader


def _renamed(tensors: Mapping[str, FloatArray], network: Network) -> dict[str, Tensor]:
    def tensor(name: str) -> Tensor:
        return torch.tensor(tensors[name])

    ours = {
        "words.weight": tensor("embeddings.word_embeddings.weight"),
        "positions": tensor("embeddings.position_embeddings.weight")
        + tensor("embeddings.token_type_embeddings.weight")[0],
    }
    for kind in ("weight", "bias"):
        ours[f"embedding_norm.{kind}"] = tensor(f"embeddings.LayerNorm.{kind}")
        for at in range(network.layers):
            theirs, here = f"encoder.layer.{at}.", f"layers.{at}."
            parts = [tensor(f"{theirs}attention.self.{part}.{kind}") for part in ("query", "key", "value")]
            ours[f"{here}qkv.{kind}"] = torch.cat(parts)
            for name, place in _PLACES.items():
                ours[f"{here}{name}.{kind}"] = tensor(f"{theirs}{place}.{kind}")
    return ours


_PLACES = {
    "context": "attention.output.dense",
    "context_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "output_norm": "output.LayerNorm",
}
