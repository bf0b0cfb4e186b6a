"""Texts to unit vectors, whatever computes them, wherever it runs.

Vectors of one pack may be mixed: an NPU's float16 and the CPU's 8 bits are the same network, and their vectors of one
text have a cosine above 0.99 (tests/benchmarks/npu_encoder.py), which is what `model_protocols.TextEncoder` promises.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

from rag_core.embed.backend import Batch, EncoderBackend, EncoderTokens, Purpose, gathered
from rag_core.progress import CancelToken
from rag_core.runtime.options import Power
from rag_core.runtime.pack import Pack
from rag_core.runtime.placement import Placement
from rag_core.types import FloatArray

_POWER: dict[Purpose, Power] = {"query": "burst", "passage": "efficient"}  # a person waits for a question


class Encoder:
    """Fulfils `model_protocols.TextEncoder` and `TokenCounter`. `placement` tells where it runs, and may change in the
    middle of work: ask it after the work.
    """

    def __init__(self, pack: Pack, tokens: EncoderTokens, placement: Placement[EncoderBackend]) -> None:
        self.pack_id = pack.id
        self.spec = tokens.spec
        self.dim = tokens.spec.dim
        self.max_tokens = tokens.spec.max_tokens
        self.placement = placement
        self._tokens = tokens

    def encode_queries(self, texts: Sequence[str], cancel: CancelToken | None = None) -> FloatArray:
        """Unit vectors, shape (len(texts), dim). Raises Cancelled."""
        return gathered(self.batches(texts, "query", cancel), len(texts), self.dim)

    def encode_passages(self, texts: Sequence[str], cancel: CancelToken | None = None) -> FloatArray:
        """Unit vectors, shape (len(texts), dim). Raises Cancelled."""
        return gathered(self.batches(texts, "passage", cancel), len(texts), self.dim)

    def batches(
        self, texts: Sequence[str], purpose: Purpose, cancel: CancelToken | None
    ) -> Generator[Batch, None, None]:
        """The vectors of all `texts`, as they come. Raises Cancelled."""
        ids, power = self._tokens.of(texts, purpose), _POWER[purpose]
        return self.placement.carried_on(ids, lambda backend, left: backend.batches(left, power, cancel))

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return self._tokens.tokenizer.token_spans(text)
