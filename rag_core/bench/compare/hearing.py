"""Listens in on a language model: what it was given, what it wrote, how long that took."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from rag_core.engine.models import Models
from rag_core.model_protocols import GenerationStats, TextGenerator
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
        return cast(TextGenerator, _HeardGenerator(self._models.generator, self.calls))


class _HeardGenerator:
    """The generator that it was made of, but for `generate`, which is listened to."""

    def __init__(self, generator: TextGenerator, calls: list[Heard]) -> None:
        self._generator = generator
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        return getattr(self._generator, name)

    def generate(self, messages: Sequence[ChatMessage], **options: Any) -> Iterator[str]:
        heard = Heard(_digest(messages))
        self._calls.append(heard)
        for piece in self._generator.generate(messages, **options):
            heard.pieces.append(piece)
            yield piece
        heard.stats = self._generator.stats


def _digest(messages: Sequence[ChatMessage]) -> str:
    written = "\n".join(f"{message.role}\t{message.content}" for message in messages)
    return hashlib.sha256(written.encode(errors="surrogatepass")).hexdigest()[:16]
