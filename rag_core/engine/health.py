"""What `alcove doctor` looks at: each check says what it saw, and what to do where something is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rag_core.engine.models import StageModel
from rag_core.engine.suited import tokens_of_a_question
from rag_core.engine.workspace import Workspace
from rag_core.errors import RagError, UserError
from rag_core.paths import DataDir
from rag_core.progress import CancelToken
from rag_core.runtime.devices import Inventory, devices_for, list_devices
from rag_core.runtime.pack import PREPARE, damaged_packs, list_packs, verify
from rag_core.runtime.places import Machine, find_places
from rag_core.settings import Settings
from rag_core.stages import STAGES, Placed

RETRY = "The processor can do this work. Have the devices tried again."

_LOW_SPACE_BYTES = 1024**3
_NOT_INSTALLED = {
    False: "not installed",
    True: "not installed: questions are answered without it, by words and vectors alone",
}


@dataclass(frozen=True, slots=True)
class Check:
    """`ok` False is something to act on; `advice` then says how."""

    name: str
    ok: bool
    found: str
    advice: str = ""


def check_machine(data_dir: DataDir, settings: Settings) -> Iterator[Check]:
    """Devices, places of work, disk and packs: what is the same for every library. The devices' own table is
    `runtime.profile`.
    """
    inventory = list_devices()
    for note in inventory.notes:
        yield Check("device npu", True, note)
    yield from _check_places(data_dir, settings, inventory)
    free = shutil.disk_usage(_existing(data_dir.root)).free
    yield Check(
        "free space",
        free > _LOW_SPACE_BYTES,
        f"{free / 1e9:.1f} GB",
        "Make room on the disk that holds the data folder.",
    )
    packs = list_packs(data_dir.packs)
    for pack in packs:
        try:
            verify(pack)
        except UserError as error:
            yield Check(f"pack {pack.id}", False, str(error.message), str(error.advice))
        else:
            yield Check(f"pack {pack.id}", True, f"{pack.manifest.role}, every file is as its manifest says")
    for folder, damage in damaged_packs(data_dir.packs):
        yield Check(f"pack {folder.name}", False, str(damage.message), str(damage.advice))
    installed = {pack.manifest.role for pack in packs}
    for stage in STAGES:
        if stage.role not in installed:
            yield Check(f"pack for {stage.word}", stage.optional, _NOT_INSTALLED[stage.optional], PREPARE)


def _check_places(data_dir: DataDir, settings: Settings, inventory: Inventory) -> Iterator[Check]:
    """Where each stage will be opened and why not elsewhere; opens no model."""
    machine = Machine.of(data_dir)
    preference = settings.execution_provider
    for stage in STAGES:
        try:
            pack = stage.pack(data_dir.packs, settings)
        except UserError:
            continue  # the packs themselves are looked at further down
        try:
            blocked = any(machine.blocked(device, stage.name) for device in devices_for(preference, inventory))
            places = find_places(stage.name, pack, preference, machine, inventory=inventory)
        except UserError as error:
            yield Check(f"place for {stage.word}", False, str(error.message), RETRY if blocked else str(error.advice))
        else:
            found = f"{places.found[0].device.name}. {places.reason}".strip(" .")
            yield Check(f"place for {stage.word}", not blocked, found, RETRY if blocked else "")


def check_library(work: Workspace) -> Iterator[Check]:
    """Counts, orphans, and whether vectors and models belong together."""
    facts = work.store.statistics()
    yield Check(
        "documents",
        True,
        f"{facts.documents:,} documents, {facts.pages:,} pages, {facts.chunks:,} passages, "
        f"{facts.database_bytes / 1e6:.1f} MB",
    )
    yield Check(
        "unreadable files",
        facts.failed_files == 0,
        f"{facts.failed_files:,}",
        "The list of documents says why. Mend them, then have them read again.",
    )
    yield Check(
        "passages without vector",
        facts.chunks_without_vector == 0,
        f"{facts.chunks_without_vector:,}",
        "They are found by their words only. Add their folder again to finish.",
    )
    problems = work.store.problems(thorough=True)
    yield Check(
        "orphans and damage", not problems, " ".join(map(str, problems)) or "zero orphans", "Add the folders again."
    )
    yield from _check_models(work)


def _check_models(work: Workspace) -> Iterator[Check]:
    """Opens each model and runs it: where a stage runs is what it did, not what was configured."""
    try:
        different = work.store.identity_differences(work.identity)
        yield Check(
            "embedding model",
            not different,
            f"differs: {', '.join(different)}" if different else "the one that made this library",
            "Make the library searchable anew; the documents stay as they are.",
        )
        for on in work.models:
            if not (on.stage.optional and on.is_missing):
                yield _ran(on, tokens_of_a_question(work.settings, work.models))
    except RagError as error:
        yield Check("models", False, str(error), getattr(error, "advice", ""))


def _ran(on: StageModel[Placed], tokens: int) -> Check:
    """Raises what it fails with, where it cannot be done without."""
    name = f"{on.stage.word} runs on"
    try:
        on.try_out(tokens, CancelToken())
    except UserError:
        if not on.stage.optional:
            raise
        return Check(name, False, f"nothing ({on.reason})", f"Questions are answered without it. {PREPARE}")
    return Check(name, True, f"{on.provider} ({on.reason})" if on.reason else on.provider)


def _existing(path: Path) -> Path:
    """The folder itself or the nearest one above it that exists."""
    return path if path.exists() else _existing(path.parent)
