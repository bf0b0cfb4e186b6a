"""Listens in on a language model: what it was given, what it wrote, how long that took."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag_core.engine.models import Models
from rag_core.model_protocols import GenerationStats, TextGenerator
from rag_core.progress import CancelToken
from rag_core.types import ChatMessage


@dataclass(slots=True)
class Heard:
    """One call. `prompt` is a digest of the messages: equal prompts must give equal greedy answers."""

    prompt: str
    pieces: list[str] = field(default_factory=list)
    stats: GenerationStats = field(default_factory=GenerationStats)


class HeardModels:
    """Fulfils `engine.models.Models` as the models do that it was made of; `calls` grows with every answer."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self.calls: list[Heard] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._models, name)

    @property
    def generator(self) -> TextGenerator:
        return _HeardGenerator(self._models.generator, self.calls)


class _HeardGenerator:
    """Fulfils `model_protocols.TextGenerator`."""

    def __init__(self, generator: TextGenerator, calls: list[Heard]) -> None:
        self._generator = generator
        self._calls = calls
        self.pack_id = generator.pack_id

    @property
    def context_tokens(self) -> int:
        return self._generator.context_tokens

    @property
    def stats(self) -> GenerationStats:
        return self._generator.stats

    def count_tokens(self, text: str) -> int:
        return self._generator.count_tokens(text)

    def count_prompt_tokens(self, messages: Sequence[ChatMessage]) -> int:
        return self._generator.count_prompt_tokens(messages)

    def generate(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_new_tokens: int,
        cancel: CancelToken,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> Iterator[str]:
        heard = Heard(_digest(messages))
        pieces = self._generator.generate(
            messages, max_new_tokens=max_new_tokens, cancel=cancel, temperature=temperature, seed=seed
        )
        self._calls.append(heard)
        for piece in pieces:
            heard.pieces.append(piece)
            yield piece
        heard.stats = self._generator.stats

    def close(self) -> None:
        self._generator.close()


def _digest(messages: Sequence[ChatMessage]) -> str:
    written = "\n".join(f"{message.role}\t{message.content}" for message in messages)
    return hashlib.sha256(written.encode(errors="surrogatepass")).hexdigest()[:16]
