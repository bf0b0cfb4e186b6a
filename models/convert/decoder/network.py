"""What a decoder-only transformer looks like, as data. Graph writers read it; nothing here computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Activation = Literal["silu", "gelu_tanh"]


@dataclass(frozen=True, slots=True)
class Network:
    """A Llama-like network: pre-norm, rotary positions, grouped key/value heads, gated feed-forward.

    The same fields describe Llama, SmolLM, Mistral and Phi-3 (as they are), Qwen2 (`qkv_bias`) and Gemma (`gelu_tanh`,
    `embedding_scale` = sqrt(hidden); its norms store weight - 1, which is undone when weights are read).
    `rotary_size` is the number of channels of a head that rotate, pairing channel i with i + rotary_size / 2.
    """

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_size: int
    feed_forward: int
    vocabulary: int
    context_tokens: int
    rope_theta: float
    norm_epsilon: float
    activation: Activation = "silu"
    qkv_bias: bool = False
    tied_embedding: bool = True
    embedding_scale: float = 1.0
    rotary_size: int = 0

    @property
    def rotary(self) -> int:
        return self.rotary_size or self.head_size

    @property
    def q_size(self) -> int:
        return self.heads * self.head_size

    @property
    def kv_size(self) -> int:
        return self.kv_heads * self.head_size
