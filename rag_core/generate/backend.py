"""A language model without words: token ids in, token ids out. What it runs on is behind this."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from rag_core.progress import CancelToken
from rag_core.runtime.placement import Backend


class TokenDecoder(Backend, Protocol):
    """Continues a sequence of tokens.

    Law:
    - `tokens_after` yields `count` tokens after `prompt`, whatever they are; after one that is the model's own end they
      mean nothing. `prompt` has one token at least, and with `count` it is no longer than `context_tokens`. With
      `temperature` 0 each is the most likely one, whatever was decoded before; above 0 the same `seed` gives the same
      tokens.
    - Only the iterator that was asked for last may be used. What was computed of a beginning that prompts share may be
      kept from one to the next: `reused_tokens` says how much of it was, `prefill_ms` how long the rest took.
    - When `cancel` is set the next step raises Cancelled; the decoder stays usable, also after an iterator that was
      closed early.
    - `forget` lets go of what was kept and its memory; after `close` only `close` may be called again.
    - A device that fails raises DeviceFailed: the decoder is then good for `close` alone.
    """

    @property
    def context_tokens(self) -> int: ...

    @property
    def reused_tokens(self) -> int: ...

    @property
    def prefill_ms(self) -> float: ...

    def tokens_after(
        self, prompt: Sequence[int], count: int, cancel: CancelToken, temperature: float = 0.0, seed: int = 0
    ) -> Iterator[int]: ...

    def forget(self) -> None: ...

    def close(self) -> None: ...


def common_prefix(kept: Sequence[int], prompt: Sequence[int]) -> int:
    """How many tokens both begin with."""
    differing = (i for i, (a, b) in enumerate(zip(kept, prompt, strict=False)) if a != b)
    return next(differing, min(len(kept), len(prompt)))
