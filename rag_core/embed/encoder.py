"""What every encoder shares, whatever computes its vectors: prefixes, tokens, and the order of the rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Literal

import numpy as np

from rag_core.embed.description import EncoderSpec, read_spec
from rag_core.progress import CancelToken
from rag_core.runtime.pack import Pack
from rag_core.runtime.tokenizer import PackTokenizer, TokenIds
from rag_core.types import FloatArray

Purpose = Literal["query", "passage"]

# Rows of the texts that were asked for, and their unit vectors (rows, dim).
Batch = tuple[list[int], FloatArray]


class Encoder(ABC):
    """Fulfils `model_protocols.TextEncoder` and `TokenCounter`. `requested` is what was asked for ("auto", "npu")."""

    def __init__(self, pack: Pack, tokenizer: PackTokenizer, requested: str) -> None:
        self.spec: EncoderSpec = read_spec(pack)
        self.pack_id = pack.id
        self.dim = self.spec.dim
        self.max_tokens = self.spec.max_tokens
        self.requested = requested
        self._tokenizer = tokenizer

    @property
    @abstractmethod
    def provider(self) -> str:
        """Where it runs."""

    @property
    @abstractmethod
    def precision(self) -> str:
        """How its graph computes: "int8", "fp16", "fp32" ..."""

    @property
    @abstractmethod
    def reason(self) -> str:
        """Why that is not what was asked for; else empty."""

    @abstractmethod
    def batches(
        self, texts: Sequence[str], purpose: Purpose, cancel: CancelToken | None
    ) -> Generator[Batch, None, None]:
        """The vectors of all `texts`, as they come. Raises Cancelled."""

    def encode_queries(self, texts: Sequence[str], cancel: CancelToken | None = None) -> FloatArray:
        """Unit vectors, shape (len(texts), dim). Raises Cancelled."""
        return self._encode(texts, "query", cancel)

    def encode_passages(self, texts: Sequence[str], cancel: CancelToken | None = None) -> FloatArray:
        """Unit vectors, shape (len(texts), dim). Raises Cancelled."""
        return self._encode(texts, "passage", cancel)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return self._tokenizer.token_spans(text)

    def _tokens(self, texts: Sequence[str], purpose: Purpose) -> list[TokenIds]:
        """With prefix and special tokens, cut at `max_tokens`."""
        prefix = self.spec.query_prefix if purpose == "query" else self.spec.passage_prefix
        return self._tokenizer.encode_batch([prefix + text for text in texts], self.max_tokens) if texts else []

    def _encode(self, texts: Sequence[str], purpose: Purpose, cancel: CancelToken | None) -> FloatArray:
        vectors = np.empty((len(texts), self.dim), np.float32)
        with closing(self.batches(texts, purpose, cancel)) as batches:
            for rows, values in batches:
                vectors[rows] = values
        return vectors
