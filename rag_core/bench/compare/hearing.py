"""Listens in on a language model: what it was given, what it wrote, how long that took."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from rag_core.engine.models import Models, StageModel
from rag_core.generate.generator import Generator
from rag_core.model_protocols import GenerationStats
from rag_core.stages import GENERATE, Model, PlacedModel, Stage
from rag_core.types import ChatMessage


@dataclass(slots=True)
class Heard:
    """One call. `prompt` is a digest of the messages: equal prompts must give equal greedy answers."""

    prompt: str
    pieces: list[str] = field(default_factory=list)
    stats: GenerationStats = field(default_factory=GenerationStats)


class _Like:
    """Like what it stands for, but for what it says itself."""

    def __init__(self, original: Any, calls: list[Heard]) -> None:
        self._original = original
        self.calls = calls

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


class HeardModels(_Like):
    """Models as those that it was made of; `calls` grows with every answer."""

    def __getitem__(self, stage: Stage[Model]) -> StageModel[Model]:
        on = cast(Models, self._original)[stage]
        return cast(StageModel[Model], _HeardStage(on, self.calls)) if stage == GENERATE else on

    def __iter__(self) -> Iterator[StageModel[PlacedModel]]:
        return iter(self._original)


class _HeardStage(_Like):
    @property
    def model(self) -> Generator:
        return cast(Generator, _HeardGenerator(self._original.model, self.calls))


class _HeardGenerator(_Like):
    def generate(self, messages: Sequence[ChatMessage], **options: Any) -> Iterator[str]:
        heard = Heard(_digest(messages))
        pieces = self._original.generate(messages, **options)
        self.calls.append(heard)
        for piece in pieces:
            heard.pieces.append(piece)
            yield piece
        heard.stats = self._original.stats


def _digest(messages: Sequence[ChatMessage]) -> str:
    written = "\n".join(f"{message.role}\t{message.content}" for message in messages)
    return hashlib.sha256(written.encode(errors="surrogatepass")).hexdigest()[:16]
