"""Notices that a stage went on elsewhere in the middle of work, and says so once."""

from __future__ import annotations

from collections.abc import Iterator

from rag_core.engine.models import Models
from rag_core.host.events import StageMoved
from rag_core.runtime.devices import CPU


class Moves:
    """Ask `since` between steps. What is opened anew somewhere else has not moved: the set of models is another."""

    def __init__(self) -> None:
        self._models: Models | None = None
        self._before: dict[str, str] = {}

    def since(self, models: Models) -> Iterator[StageMoved]:
        """The stages that moved to the processor since the last call."""
        before = self._before if models is self._models else {}
        now = dict(models.providers)
        self._models, self._before = models, now
        for stage, provider in now.items():
            if provider == CPU and before.get(stage, CPU) != CPU:
                yield StageMoved(stage, provider, models.reasons.get(stage, ""))

    def forget(self) -> None:
        """The models are about to be opened anew."""
        self._models = None
