"""The language model's words: chat template and tokenizer around the tokens, wherever these are made."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag_core.errors import Cancelled, UserError
from rag_core.generate.backend import TokenDecoder
from rag_core.generate.chat import ChatTokenizer
from rag_core.generate.repetition import is_looping
from rag_core.generate.stream_text import TextStream
from rag_core.generate.turns import Turns
from rag_core.messages import say
from rag_core.model_protocols import GenerationStats
from rag_core.progress import CancelToken
from rag_core.runtime.pack import Pack
from rag_core.runtime.placement import Placement
from rag_core.types import ChatMessage


class Generator:
    """Fulfils `model_protocols.TextGenerator`. `placement` tells where it runs, and may change while text is made: a
    device that fails is left for the next best, and the text goes on where it was.
    """

    def __init__(self, pack: Pack, chat: ChatTokenizer, placement: Placement[TokenDecoder]) -> None:
        self.pack_id = pack.id
        self.chat = chat
        self.placement = placement
        self.stats = GenerationStats()
        self._ends = frozenset(int(token) for token in pack.manifest.spec["eos_token_ids"])
        self._turns = Turns()

    @property
    def context_tokens(self) -> int:
        return self.placement.opened().context_tokens

    def count_tokens(self, text: str) -> int:
        return len(self.chat.tokens(text))

    def count_prompt_tokens(self, messages: Sequence[ChatMessage]) -> int:
        return len(self.chat.prompt(messages))

    def generate(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_new_tokens: int,
        cancel: CancelToken,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> Iterator[str]:
        prompt = self.chat.prompt(messages)
        if len(prompt) + max_new_tokens > self.context_tokens:
            raise UserError(
                say(
                    "question-too-long",
                    tokens=len(prompt),
                    answer=max_new_tokens,
                    room=self.context_tokens,
                    pack=self.pack_id,
                ),
                say("ask-shorter"),
            )
        tokens = self.tokens_after(prompt, max_new_tokens, cancel, temperature, seed)
        return self._turns.begin(self._answer(tokens))

    def tokens_after(
        self, prompt: Sequence[int], count: int, cancel: CancelToken, temperature: float = 0.0, seed: int = 0
    ) -> Iterator[int]:
        """As `TokenDecoder.tokens_after`, whatever fails on the way."""
        self.stats = GenerationStats(prompt_tokens=len(prompt))

        def start(decoder: TokenDecoder, made: list[int]) -> Iterator[int]:
            tokens = decoder.tokens_after([*prompt, *made], count - len(made), cancel, temperature, seed)
            return self._measured(decoder, tokens)

        return self.placement.continued(start)

    def close(self) -> None:
        """Give the memory back; what was begun may not go on. The next text opens the model again."""
        self._turns.end()
        self.placement.close()

    def _answer(self, tokens: Iterator[int]) -> Iterator[str]:
        stream = TextStream(self.chat.text)
        made: list[int] = []
        try:
            for token in tokens:
                if token in self._ends:
                    self.stats = replace(self.stats, stopped_by="end")
                    break
                made.append(token)
                if piece := stream.feed(token):
                    yield piece
                if is_looping(made):
                    self.stats = replace(self.stats, stopped_by="repetition")
                    break
            else:
                self.stats = replace(self.stats, stopped_by="length")
        except Cancelled:
            self.stats = replace(self.stats, stopped_by="cancelled")
            raise
        if piece := stream.finish():
            yield piece

    def _measured(self, decoder: TokenDecoder, tokens: Iterator[int]) -> Iterator[int]:
        """Adds what is done at one place to what was done at the places that failed before."""
        started, before = time.perf_counter(), self.stats
        made = 0
        try:
            for token in tokens:
                made += 1
                taken_ms = _ms_since(started)
                if not before.new_tokens and made == 1:
                    waited_ms = before.time_to_first_token_ms + taken_ms
                    before = replace(
                        before,
                        reused_tokens=before.reused_tokens or decoder.reused_tokens,
                        time_to_first_token_ms=waited_ms,
                    )
                self.stats = replace(
                    before,
                    new_tokens=before.new_tokens + made,
                    prefill_ms=before.prefill_ms + decoder.prefill_ms,
                    decode_ms=before.decode_ms + taken_ms - decoder.prefill_ms,
                )
                yield token
        finally:
            if not made:  # all of its time went into the prompt
                lost_ms = _ms_since(started)
                self.stats = replace(
                    before,
                    prefill_ms=before.prefill_ms + lost_ms,
                    time_to_first_token_ms=before.time_to_first_token_ms + lost_ms,
                )


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
