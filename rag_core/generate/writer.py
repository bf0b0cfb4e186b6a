"""The generator's words: chat template and tokenizer around a decoder, which may run anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag_core.errors import Cancelled, UserError
from rag_core.generate.chat import ChatTokenizer
from rag_core.generate.genai_runtime import return_free_memory
from rag_core.generate.generator import GenerationStats, StoppedBy
from rag_core.generate.repetition import is_looping
from rag_core.generate.stream_text import TextStream
from rag_core.generate.token_decoder import TokenDecoder
from rag_core.generate.turns import Turns
from rag_core.progress import CancelToken
from rag_core.runtime.pack import Pack
from rag_core.types import ChatMessage


class WritingGenerator:
    """Fulfils `answer.generator.Generator` for the pack whose tokens `decoder` makes; closes both."""

    def __init__(self, pack: Pack, chat: ChatTokenizer, decoder: TokenDecoder) -> None:
        self.pack_id = pack.id
        self.chat = chat
        self.decoder = decoder
        self._ends = frozenset(int(token) for token in pack.manifest.spec["eos_token_ids"])
        self._stopped_by: StoppedBy = ""
        self._turns = Turns()

    @property
    def provider(self) -> str:
        return self.decoder.provider

    @property
    def reason(self) -> str:
        return self.decoder.reason

    @property
    def context_tokens(self) -> int:
        return self.decoder.context_tokens

    @property
    def stats(self) -> GenerationStats:
        return replace(self.decoder.stats, stopped_by=self._stopped_by)

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
                f"The question with its passages has {len(prompt)} tokens; with {max_new_tokens} for the answer that "
                f"is more than the {self.context_tokens} which the model “{self.pack_id}” can hold.",
                "Ask a shorter question, or start a new conversation.",
            )
        self._stopped_by = ""
        tokens = self.decoder.tokens_after(prompt, max_new_tokens, cancel, temperature, seed)
        return self._turns.begin(self._answer(tokens))

    def close(self) -> None:
        self._turns.end()
        self.decoder.close()
        self.chat.close()
        return_free_memory()

    def _answer(self, tokens: Iterator[int]) -> Iterator[str]:
        stream = TextStream(self.chat.text)
        made: list[int] = []
        try:
            for token in tokens:
                if token in self._ends:
                    self._stopped_by = "end"
                    break
                made.append(token)
                if piece := stream.feed(token):
                    yield piece
                if is_looping(made):
                    self._stopped_by = "repetition"
                    break
            else:
                self._stopped_by = "length"
        except Cancelled:
            self._stopped_by = "cancelled"
            raise
        if piece := stream.finish():
            yield piece
