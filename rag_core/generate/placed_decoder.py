"""A decoder that goes on elsewhere when the device that it runs on fails."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag_core.errors import UserError
from rag_core.generate.generator import GenerationStats
from rag_core.generate.token_decoder import TokenDecoder
from rag_core.progress import CancelToken
from rag_core.runtime.spots import FAILURES, Spot, Spots


class PlacedDecoder:
    """Fulfils `answer.token_decoder.TokenDecoder` at the first of `spots` that works, best first.

    Where a device fails, refuses or hangs, when it is opened or at any token, the prompt and what was made so far go
    to the next spot, which makes what is missing; nothing that was yielded is made again. The last spot's errors are
    raised. `reason` is why there is no better spot from the beginning.
    """

    def __init__(self, spots: Sequence[Spot[TokenDecoder]], reason: str = "") -> None:
        self._spots = Spots(spots, reason)
        self._lost = GenerationStats()

    @property
    def _decoder(self) -> TokenDecoder:
        return self._spots.now

    @property
    def provider(self) -> str:
        return self._decoder.provider

    @property
    def reason(self) -> str:
        return " ".join(filter(None, [self._spots.reason, self._decoder.reason]))

    @property
    def context_tokens(self) -> int:
        return self._decoder.context_tokens

    @property
    def stats(self) -> GenerationStats:
        return _joined(self._lost, self._decoder.stats)

    def tokens_after(
        self, prompt: Sequence[int], count: int, cancel: CancelToken, temperature: float = 0.0, seed: int = 0
    ) -> Iterator[int]:
        self._lost = GenerationStats()
        tokens = self._decoder.tokens_after(prompt, count, cancel, temperature, seed)
        return self._decode(tokens, list(prompt), count, cancel, temperature, seed)

    def forget(self) -> None:
        self._decoder.forget()

    def close(self) -> None:
        self._decoder.close()

    def _decode(
        self, tokens: Iterator[int], prompt: list[int], count: int, cancel: CancelToken, temperature: float, seed: int
    ) -> Iterator[int]:
        made: list[int] = []
        while True:
            started = time.perf_counter()
            try:
                for token in tokens:
                    made.append(token)
                    yield token
                return
            except FAILURES as failure:
                spent = _spent(self._decoder.stats, started)
                self._leave(failure)
                self._lost = _joined(self._lost, spent)
            tokens = self._decoder.tokens_after([*prompt, *made], count - len(made), cancel, temperature, seed)

    def _leave(self, failure: UserError) -> None:
        failed = self._decoder
        self._spots.move_on(failed, failure)
        failed.close()


def _spent(stats: GenerationStats, started: float) -> GenerationStats:
    """What a failed run did; before its first token, all of its time was lost to the prompt."""
    if stats.new_tokens:
        return stats
    lost_ms = (time.perf_counter() - started) * 1000
    return replace(stats, prefill_ms=lost_ms, time_to_first_token_ms=lost_ms)


def _joined(before: GenerationStats, now: GenerationStats) -> GenerationStats:
    """`now` went on where `before` had stopped."""
    if before == GenerationStats():
        return now
    waited_ms = before.time_to_first_token_ms + (0 if before.new_tokens else now.time_to_first_token_ms)
    return GenerationStats(
        prompt_tokens=before.prompt_tokens,
        reused_tokens=before.reused_tokens,
        new_tokens=before.new_tokens + now.new_tokens,
        prefill_ms=before.prefill_ms + now.prefill_ms,
        decode_ms=before.decode_ms + now.decode_ms,
        time_to_first_token_ms=waited_ms,
    )
