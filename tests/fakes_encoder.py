"""An encoder without weights: hashed bags of words. Texts that share words are near each other, which tests rely on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from rag_core.types import FloatArray

_WORD = re.compile(r"\w+|[^\w\s]", re.UNICODE)


class FakeEncoder:
    """Fulfils `TextEncoder` and `TokenCounter`: a token is a word or a punctuation mark, a vector counts hashed words.

    Equal texts have cosine 1, texts without a common word about 0. Deterministic across processes and machines.
    """

    def __init__(self, pack_id: str = "fake-encoder", dim: int = 64, max_tokens: int = 256) -> None:
        self.pack_id = pack_id
        self.dim = dim
        self.max_tokens = max_tokens

    def encode_queries(self, texts: Sequence[str]) -> FloatArray:
        return self._encode(texts)

    def encode_passages(self, texts: Sequence[str]) -> FloatArray:
        return self._encode(texts)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in _WORD.finditer(text)]

    def _encode(self, texts: Sequence[str]) -> FloatArray:
        vectors = np.zeros((len(texts), self.dim), np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            # A constant component keeps the empty text a unit vector without drowning the words.
            vector[0] = 0.1
            for start, end in self.token_spans(text)[: self.max_tokens]:
                bucket, sign = _hash(text[start:end].lower(), self.dim)
                vector[bucket] += sign
            vector /= np.linalg.norm(vector)
        return vectors


def _hash(word: str, dim: int) -> tuple[int, float]:
    digest = hashlib.blake2b(word.encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest[:4], "little") % dim, 1.0 if digest[4] & 1 else -1.0
