"""Where a stage's model can run on this machine, best first, and in plain words why it cannot run at a better place."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from rag_core.errors import NotPrepared, ProviderUnavailable
from rag_core.messages import NOTHING, Message, joined, say
from rag_core.paths import DataDir
from rag_core.runtime.breaker import Breaker
from rag_core.runtime.devices import CPU, QNN, Device, Inventory, devices_for, list_devices
from rag_core.runtime.npu.compiled import expected_stamp, find_contexts
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.npu.targets import Target, processor_name, target_of_chip, this_target, why_no_target
from rag_core.runtime.pack import Pack
from rag_core.runtime.session import Session, open_on

PREPARE_FOR_NPU = say("prepare-for-npu")


@dataclass(frozen=True, slots=True)
class KnownMachine:
    """What is known of this machine from before: what was compiled for it, which devices failed (`breaker`), and, in
    `device_file`, how fast models are. None where nothing is kept.
    """

    contexts_dir: Path | None = None
    breaker: Breaker | None = None
    device_file: Path | None = None

    @classmethod
    def of(cls, data_dir: DataDir) -> KnownMachine:
        return cls(data_dir.contexts, Breaker(data_dir.device_file), data_dir.device_file)

    def blocked(self, device: Device, stage: str) -> Message:
        """Why a stage should not run on a device; nothing where it may. Nothing keeps anybody from the processor."""
        if device.provider == CPU or self.breaker is None:
            return NOTHING
        return self.breaker.blocked(device.key, stage)

    def failed(self, device: Device, stage: str, reason: Message) -> None:
        """The device is left alone at that stage until `retry`."""
        if self.breaker is not None:
            self.breaker.failed(device.key, stage, reason)

    def retry(self) -> None:
        """Every device may be tried again."""
        if self.breaker is not None:
            self.breaker.retry()


@dataclass(frozen=True, slots=True)
class Place:
    """A device, and what of a stage is to be opened there: the model's own pack, or (with `target`) what was compiled
    of it for a chip. `threads` 0 means all real cores.
    """

    device: Device
    pack: Pack
    target: Target | None = None
    stage: str = ""
    threads: int = 0
    machine: KnownMachine = KnownMachine()

    def open_graph(self, name: str) -> Session:
        """A graph of the pack. Whoever uses it compares the files with the manifest: graphs may share one."""
        return open_on(self.pack, name, self.device, target=self.target, threads=self.threads)

    def at_work(self, graph: str) -> AbstractContextManager[object]:
        """Around the opening and the first run of a graph: an accelerator may end the process there."""
        breaker = self.machine.breaker
        if self.device.provider == CPU or breaker is None:
            return nullcontext()
        return breaker.at_work(self.device.key, self.stage, graph)

    def failed(self, reason: Message) -> None:
        """The device is remembered."""
        self.machine.failed(self.device, self.stage, reason)


@dataclass(frozen=True, slots=True)
class Places:
    """`found` are at least one, best first, each with a pack that has graphs for its device. `reason` says why there is
    no better one; empty where none was denied.
    """

    found: tuple[Place, ...]
    reason: Message = NOTHING


def find_places(
    stage: str,
    pack: Pack,
    preference: str,
    machine: KnownMachine,
    threads: int = 0,
    inventory: Inventory | None = None,
) -> Places:
    """Where `stage` can run the model of `pack`.

    "auto" takes a real NPU or GPU where there are graphs for it and it has not failed, else the processor; anything
    else is a demand. Raises ProviderUnavailable, with all reasons, where a demand cannot be met (NotPrepared where
    compiling the model would help); UserError for a word that means nothing. `inventory` is looked up when it is None.
    """
    if inventory is None:
        inventory = list_devices(look_for_npu=preference.lower() != "cpu")
    demanded = preference.lower() != "auto"
    places: list[Place] = []
    reasons: list[Message] = []
    unprepared = False
    devices = devices_for(preference, inventory)
    for device in devices:
        place = Place(device, pack, stage=stage, threads=threads, machine=machine)
        found = _usable(place, inventory)
        if isinstance(found, Place):
            places.append(found)
        elif demanded or device.kind == "npu" or (device.kind == "cpu" and not places):
            reasons.append(found.message)
            unprepared = unprepared or isinstance(found, NotPrepared)
    if not any(device.kind != "cpu" for device in devices):
        reasons += _what_is_missing(preference, inventory, pack)
    if not places:
        title = pack.manifest.title
        refused = say("model-not-where-asked", title=title, preference=preference)
        message = joined([refused if demanded else say("model-not-here", title=title), *reasons])
        if unprepared:
            raise NotPrepared(message, PREPARE_FOR_NPU)
        raise ProviderUnavailable(message, say("choose-provider") if _has_graph(pack, CPU) else say("choose-model"))
    return Places(tuple(places), joined(reasons))


def own_places(pack: Pack, threads: int = 0) -> Places:
    """Where the pack's own graphs run, on a machine of which nothing is known: the processor, or what they are made for
    alone. Raises ProviderUnavailable.
    """
    return find_places("", pack, "cpu" if _has_graph(pack, CPU) else "auto", KnownMachine(), threads)


def _usable(place: Place, inventory: Inventory) -> Place | ProviderUnavailable:
    """With what is to be opened there, or why nothing can be."""
    device, pack = place.device, place.pack
    if reason := place.machine.blocked(device, place.stage):
        return ProviderUnavailable(reason)
    if device.provider == QNN and device.kind == "npu":
        return _usable_on_npu(place, inventory)
    if _has_graph(pack, device.provider):
        return place
    return ProviderUnavailable(say("no-graph-for-device", title=pack.manifest.title, device=device.spoken))


def _usable_on_npu(place: Place, inventory: Inventory) -> Place | ProviderUnavailable:
    """With what was compiled of the pack. One that others compiled for the NPU alone runs there as it is."""
    device, pack = place.device, place.pack
    if _has_graph(pack, QNN) and not _has_graph(pack, CPU):
        if device.emulated:
            return ProviderUnavailable(say("made-for-real-npu", title=pack.manifest.title))
        return place
    target = this_target(inventory)
    if target is None:
        return ProviderUnavailable(why_no_target(inventory))
    try:
        found = find_contexts(place.machine.contexts_dir, pack, target, expected_stamp(pack, target, RECIPE))
    except ProviderUnavailable as missing:
        return missing
    return NotPrepared(found.reason) if found.pack is None else replace(place, pack=found.pack, target=target)


def _has_graph(pack: Pack, provider: str) -> bool:
    return any(provider in graph.providers for graph in pack.manifest.graphs)


def _what_is_missing(preference: str, inventory: Inventory, pack: Pack) -> list[Message]:
    """A demand is told all; "auto" only misses the NPU of a machine that is known to have one, or that is needed."""
    wanted, notes = preference.lower(), list(inventory.notes)
    if wanted == "cpu":
        return []
    if wanted == "auto":
        missed = target_of_chip(processor_name()) is not None or not _has_graph(pack, CPU)
        return notes if missed else []
    if wanted == "gpu":
        return [say("no-gpu-here")]
    return notes or [say("no-device-for", preference=preference)]
