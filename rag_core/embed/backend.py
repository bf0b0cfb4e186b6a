"""What computes vectors at one place, and what it is given."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from rag_core.embed.description import EncoderSpec
from rag_core.progress import CancelToken
from rag_core.runtime.options import Power
from rag_core.runtime.placement import Backend
from rag_core.runtime.tokenizer import PackTokenizer, TokenIds
from rag_core.types import FloatArray

Purpose = Literal["query", "passage"]

# Rows of the texts that were asked for, and their unit vectors (rows, dim).
Batch = tuple[list[int], FloatArray]


class EncoderBackend(Backend, Protocol):
    """Safe to use from several threads."""

    def batches(
        self, ids: Sequence[TokenIds], power: Power, cancel: CancelToken | None
    ) -> Generator[Batch, None, None]:
        """The vectors of all texts, as they come. Raises Cancelled, DeviceFailed."""
        ...


@dataclass(frozen=True, slots=True)
class EncoderTokens:
    """Texts to what an embedder's graphs take."""

    spec: EncoderSpec
    tokenizer: PackTokenizer

    def of(self, texts: Sequence[str], purpose: Purpose) -> list[TokenIds]:
        """With prefix and special tokens, cut at `max_tokens`."""
        prefix = self.spec.query_prefix if purpose == "query" else self.spec.passage_prefix
        return self.tokenizer.encode_batch([prefix + text for text in texts], self.spec.max_tokens) if texts else []


def gathered(batches: Generator[Batch, None, None], rows: int, dim: int) -> FloatArray:
    """All of them, shape (rows, dim)."""
    vectors = np.empty((rows, dim), np.float32)
    with closing(batches):
        for some, values in batches:
            vectors[some] = values
    return vectors
