"""What a person is told of devices without asking, once: that one failed in the middle of work, or ended the engine."""

from __future__ import annotations

from collections.abc import Iterator

from rag_core.engine.models import Models
from rag_core.host.events import DeviceCrashed, StageMoved
from rag_core.messages import NOTHING, say
from rag_core.paths import DataDir
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.devices import CPU, spoken_name


def crashes(data_dir: DataDir) -> Iterator[DeviceCrashed]:
    """Of earlier engine processes, told to the first that asks."""
    breaker = Breaker(data_dir.device_file)
    lost = breaker.unexpected_ends()
    for provider in sorted({provider for provider, _ in lost}):
        name = spoken_name(provider)
        if any(breaker.blocked(provider, stage) for owner, stage in lost if owner == provider):
            yield DeviceCrashed(say("engine-ended-again", place=name), can_retry=True)
        else:
            yield DeviceCrashed(say("engine-ended-once", place=name))


class Moves:
    """Ask `since` between steps. What is opened anew somewhere else has not moved: the set of models is another."""

    def __init__(self) -> None:
        self._models: Models | None = None
        self._before: dict[str, str] = {}

    def since(self, models: Models) -> Iterator[StageMoved]:
        """The stages that moved to the processor since the last call."""
        before = self._before if models is self._models else {}
        now = models.providers
        self._models, self._before = models, now
        for stage, provider in now.items():
            if provider == CPU and before.get(stage, CPU) != CPU:
                yield StageMoved(stage, provider, models.reasons.get(stage, NOTHING))

    def forget(self) -> None:
        """The models are about to be opened anew."""
        self._models = None
