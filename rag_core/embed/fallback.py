"""The encoder that goes on elsewhere when the device that it runs on fails.

Vectors of one pack may be mixed: an NPU's float16 and the CPU's 8 bits are the same network, and their vectors of one
text have a cosine above 0.99 (tests/benchmarks/npu_encoder.py), which is what `model_protocols.TextEncoder` promises.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

from rag_core.embed.encoder import Batch, Encoder, Purpose
from rag_core.progress import CancelToken
from rag_core.runtime.pack import Pack
from rag_core.runtime.spots import Spot, Spots, carried_on
from rag_core.runtime.tokenizer import PackTokenizer


class FallbackEncoder(Encoder):
    """An encoder of `pack` at the first of `spots` that works.

    Where a device fails, refuses or hangs, when it is opened or at any run, the texts that have no vector yet go to the
    next spot; no text is encoded twice or left out. The last spot's errors are raised. `provider`, `precision` and
    `reason` change when that happens: ask for them after the work.
    """

    def __init__(
        self, pack: Pack, tokenizer: PackTokenizer, spots: Sequence[Spot[Encoder]], requested: str, reason: str = ""
    ) -> None:
        super().__init__(pack, tokenizer, requested)
        self._spots = Spots(spots, reason)

    @property
    def provider(self) -> str:
        return self._spots.now.provider

    @property
    def precision(self) -> str:
        return self._spots.now.precision

    @property
    def reason(self) -> str:
        return " ".join(filter(None, [self._spots.reason, self._spots.now.reason]))

    def batches(
        self, texts: Sequence[str], purpose: Purpose, cancel: CancelToken | None
    ) -> Generator[Batch, None, None]:
        return carried_on(self._spots, texts, lambda encoder, left: encoder.batches(left, purpose, cancel))
