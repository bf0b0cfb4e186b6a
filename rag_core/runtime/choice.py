"""Where a stage's model can run on this machine, best first, and in plain words why it cannot run at a better place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rag_core.errors import NotPrepared, ProviderUnavailable
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.devices import CPU, QNN, Device, Inventory, devices_for, list_devices
from rag_core.runtime.npu.compiled import expected_stamp, find_contexts
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.npu.targets import Target, processor_name, target_of_chip, this_target, why_no_target
from rag_core.runtime.pack import Pack

PREPARE_FOR_NPU = "Choose “auto” or “cpu”, or prepare the models for the NPU."


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a choice depends on besides the machine: what was compiled, and what failed before. `device_file` is where
    a model keeps how fast it is; nothing is kept where it is None.
    """

    contexts_dir: Path
    breaker: Breaker
    device_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """`pack` is what to open there: the model's own pack, or (with `target`) what was compiled of it for a chip."""

    device: Device
    pack: Pack
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """`places` are at least one, best first, each with a pack that has graphs for its device. `reason` says why there
    is no better one; empty where none was denied.
    """

    places: tuple[Place, ...]
    reason: str = ""


def choose(stage: str, pack: Pack, preference: str, around: Surroundings, inventory: Inventory | None = None) -> Choice:
    """Where `stage` can run the model of `pack`.

    "auto" takes a real NPU or GPU where there are graphs for it and it has not failed, else the processor; anything
    else is a demand. Raises ProviderUnavailable, with all reasons, where a demand cannot be met (NotPrepared where
    compiling the model would help); UserError for a word that means nothing. `inventory` is looked up when it is None.
    """
    if inventory is None:
        inventory = list_devices(look_for_npu=preference.lower() != "cpu")
    demanded = preference.lower() != "auto"
    places: list[Place] = []
    reasons: list[str] = []
    unprepared = False
    devices = devices_for(preference, inventory)
    for device in devices:
        found = _place_on(device, stage, pack, inventory, around)
        if isinstance(found, Place):
            places.append(found)
        elif demanded or device.kind == "npu" or (device.kind == "cpu" and not places):
            reasons.append(str(found.message))
            unprepared = unprepared or isinstance(found, NotPrepared)
    if not any(device.kind != "cpu" for device in devices):
        reasons += _what_is_missing(preference, inventory, pack)
    if not places:
        where = f"“{preference}”" if demanded else "this machine"
        message = f"The model “{pack.manifest.title}” cannot run on {where}. {' '.join(reasons)}".strip()
        if unprepared:
            raise NotPrepared(message, PREPARE_FOR_NPU)
        instead = "“auto” or “cpu” as execution provider" if _has_graph(pack, CPU) else "another model"
        raise ProviderUnavailable(message, f"Choose {instead}.")
    return Choice(tuple(places), " ".join(dict.fromkeys(reasons)))


def _place_on(
    device: Device, stage: str, pack: Pack, inventory: Inventory, around: Surroundings
) -> Place | ProviderUnavailable:
    """The place, or why there is none."""
    if device.provider != CPU and (reason := around.breaker.blocked(device.provider, stage)):
        return ProviderUnavailable(reason)
    if device.provider == QNN and device.kind == "npu":
        return _place_on_npu(device, pack, inventory, around)
    if _has_graph(pack, device.provider):
        return Place(device, pack)
    return ProviderUnavailable(f"The model “{pack.manifest.title}” has no graph for {device.name}.")


def _place_on_npu(
    device: Device, pack: Pack, inventory: Inventory, around: Surroundings
) -> Place | ProviderUnavailable:
    """With what was compiled of the pack. One that others compiled for the NPU alone runs there as it is."""
    if _has_graph(pack, QNN) and not _has_graph(pack, CPU):
        if device.emulated:
            return ProviderUnavailable(f"“{pack.manifest.title}” is made for a real NPU; this one is only emulated.")
        return Place(device, pack)
    target = this_target(inventory)
    if target is None:
        return ProviderUnavailable(why_no_target(inventory))
    try:
        found = find_contexts(around.contexts_dir, pack, target, expected_stamp(pack, target, RECIPE))
    except ProviderUnavailable as missing:
        return missing
    return NotPrepared(found.reason) if found.pack is None else Place(device, found.pack, target)


def _has_graph(pack: Pack, provider: str) -> bool:
    return any(provider in graph.providers for graph in pack.manifest.graphs)


def _what_is_missing(preference: str, inventory: Inventory, pack: Pack) -> list[str]:
    """A demand is told all; "auto" only misses the NPU of a machine that is known to have one, or that is needed."""
    wanted = preference.lower()
    if wanted == "cpu":
        return []
    if wanted == "auto":
        missed = target_of_chip(processor_name()) is not None or not _has_graph(pack, CPU)
        return list(inventory.notes) if missed else []
    if wanted == "gpu":
        return ["This machine has no GPU that ONNX Runtime can use."]
    return list(inventory.notes) or [f"This machine has no device for “{preference}”."]
