"""How many nodes of a stage's graphs were proven to be on an accelerator, when they were compiled for it."""

from __future__ import annotations

from rag_core.bench.compare.records import Provider
from rag_core.engine.pack_models import PackModels
from rag_core.runtime.places import Machine, find_places
from rag_core.runtime.stages import stage_named


def proven_placement(stage: str, models: PackModels, provider: Provider) -> dict[str, int]:
    """By provider; empty where nothing was compiled. Opening them proves again that nothing is left to the processor.

    Raises ProviderUnavailable.
    """
    machine = Machine.of(models.data_dir)
    places = find_places(stage, models.pack_of(stage_named(stage)), provider.id, machine)
    place = next((place for place in places.found if place.device.provider == provider.name), None)
    if place is None or place.target is None:
        return {}
    proven = place.pack.manifest.provenance.get("graphs", {})
    return {provider.name: sum(int(graph["nodes"]) for graph in proven.values())} if proven else {}
