"""A generator without a model: deterministic, honest about its law, and steerable by tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from rag_core.errors import Cancelled, UserError
from rag_core.generate.turns import Turns
from rag_core.model_protocols import GenerationStats
from rag_core.progress import CancelToken
from rag_core.types import ChatMessage


def first_passage(messages: Sequence[ChatMessage]) -> str:
    """Repeats the first line of the first numbered passage, as a small model does; else says that it does not know."""
    found = re.search(r"^\[(\d+)\].*\n(.+)", messages[-1].content, re.MULTILINE)
    return f"{found[2]} [{found[1]}]" if found else "I do not know."


@dataclass
class FakeGenerator:
    """One token per word and per space. `reply` makes the whole answer from the messages."""

    reply: Callable[[Sequence[ChatMessage]], str] = first_passage
    context_tokens: int = 8192
    pack_id: str = "fake-llm"
    stats: GenerationStats = field(default_factory=GenerationStats)
    seen: list[tuple[ChatMessage, ...]] = field(default_factory=list)
    closed: bool = False
    _kept: list[str] = field(default_factory=list)
    _turns: Turns = field(default_factory=Turns)

    def count_tokens(self, text: str) -> int:
        return len(_tokens(text))

    def count_prompt_tokens(self, messages: Sequence[ChatMessage]) -> int:
        return sum(self.count_tokens(f"{message.role} {message.content}") for message in messages)

    def generate(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_new_tokens: int,
        cancel: CancelToken,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> Iterator[str]:
        prompt = [token for message in messages for token in _tokens(f"{message.role} {message.content}")]
        if len(prompt) + max_new_tokens > self.context_tokens:
            raise UserError("The question and its passages are too long for this model.", "Ask a shorter question.")
        self.seen.append(tuple(messages))
        reused = next((i for i, (old, new) in enumerate(zip(self._kept, prompt, strict=False)) if old != new), None)
        reused = min(len(self._kept), len(prompt)) if reused is None else reused
        self._kept = prompt
        self.stats = GenerationStats(prompt_tokens=len(prompt), reused_tokens=reused)
        return self._turns.begin(self._stream(_tokens(self.reply(messages)), max_new_tokens, cancel))

    def _stream(self, answer: list[str], max_new_tokens: int, cancel: CancelToken) -> Iterator[str]:
        for made, token in enumerate(answer[:max_new_tokens], start=1):
            if cancel.cancelled:
                self.stats = replace(self.stats, stopped_by="cancelled")
                raise Cancelled
            self.stats = replace(self.stats, new_tokens=made)
            yield token
        self.stats = replace(self.stats, stopped_by="length" if len(answer) > max_new_tokens else "end")

    def close(self) -> None:
        self.closed = True


def _tokens(text: str) -> list[str]:
    return re.findall(r"\s+|\S+", text)
