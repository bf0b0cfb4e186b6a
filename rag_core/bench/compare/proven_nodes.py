"""How many nodes of a stage's graphs were proven to be on an accelerator, when they were compiled for it."""

from __future__ import annotations

from rag_core.engine.models import StageModel
from rag_core.stages import PlacedModel


def proven_nodes(on: StageModel[PlacedModel]) -> dict[str, int]:
    """By provider; empty where nothing was compiled. Opening them proves again that the processor has none."""
    place = on.model.placement.place
    proven = place.pack.manifest.provenance.get("graphs", {}) if place.target is not None else {}
    return {place.device.provider: sum(int(graph["nodes"]) for graph in proven.values())} if proven else {}
