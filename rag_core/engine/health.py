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
from rag_core.messages import NOTHING, Message, joined, literal, say
from rag_core.paths import DataDir
from rag_core.progress import CancelToken
from rag_core.runtime.devices import Inventory, devices_for, list_devices
from rag_core.runtime.pack import PREPARE, damaged_packs, list_packs, verify
from rag_core.runtime.places import KnownMachine, find_places
from rag_core.settings import Settings
from rag_core.stages import STAGES, PlacedModel

RETRY = say("retry-devices")

_LOW_SPACE_BYTES = 1024**3
_NOT_INSTALLED = {False: say("not-installed"), True: say("not-installed-optional")}


@dataclass(frozen=True, slots=True)
class Check:
    """`ok` False is something to act on; `advice` then says how."""

    name: Message
    ok: bool
    found: Message
    advice: Message = NOTHING


def check_machine(data_dir: DataDir, settings: Settings) -> Iterator[Check]:
    """Devices, places of work, disk and packs: what is the same for every library. The devices' own table is
    `runtime.profile`.
    """
    inventory = list_devices()
    for note in inventory.notes:
        yield Check(say("check-npu"), True, note)
    yield from _check_places(data_dir, settings, inventory)
    free = shutil.disk_usage(_existing(data_dir.root)).free
    yield Check(
        say("check-free-space"), free > _LOW_SPACE_BYTES, say("gigabytes", size=free / 1e9), say("make-room-for-data")
    )
    packs = list_packs(data_dir.packs)
    for pack in packs:
        try:
            verify(pack)
        except UserError as error:
            yield Check(say("check-pack", pack=pack.id), False, error.message, error.advice)
        else:
            yield Check(say("check-pack", pack=pack.id), True, say("pack-whole", role=pack.manifest.role))
    for folder, damage in damaged_packs(data_dir.packs):
        yield Check(say("check-pack", pack=folder.name), False, damage.message, damage.advice)
    installed = {pack.manifest.role for pack in packs}
    for stage in STAGES:
        if stage.role not in installed:
            yield Check(
                say("check-pack-for", stage=stage.word), stage.optional, _NOT_INSTALLED[stage.optional], PREPARE
            )


def _check_places(data_dir: DataDir, settings: Settings, inventory: Inventory) -> Iterator[Check]:
    """Where each stage will be opened and why not elsewhere; opens no model."""
    machine = KnownMachine.of(data_dir)
    preference = settings.execution_provider
    for stage in STAGES:
        try:
            pack = stage.pack(data_dir.packs, settings)
        except UserError:
            continue  # the packs themselves are looked at further down
        name = say("check-place", stage=stage.word)
        try:
            blocked = any(machine.blocked(device, stage.name) for device in devices_for(preference, inventory))
            places = find_places(stage.name, pack, preference, machine, inventory=inventory)
        except UserError as error:
            yield Check(name, False, error.message, RETRY if blocked else error.advice)
        else:
            device = places.found[0].device.spoken
            found = say("place-because", device=device, reason=places.reason) if places.reason else device
            yield Check(name, not blocked, found, RETRY if blocked else NOTHING)


def check_library(work: Workspace) -> Iterator[Check]:
    """Counts, orphans, and whether vectors and models belong together."""
    facts = work.store.statistics()
    yield Check(
        say("check-documents"),
        True,
        say(
            "library-figures",
            documents=facts.documents,
            pages=facts.pages,
            passages=facts.chunks,
            size=facts.database_bytes / 1e6,
        ),
    )
    yield Check(
        say("check-unreadable"), not facts.failed_files, say("count", count=facts.failed_files), say("mend-unreadable")
    )
    yield Check(
        say("check-without-vector"),
        not facts.chunks_without_vector,
        say("count", count=facts.chunks_without_vector),
        say("add-folder-to-finish"),
    )
    problems = work.store.problems(thorough=True)
    yield Check(say("check-damage"), not problems, joined(problems) or say("zero-orphans"), say("add-folders-again"))
    yield from _check_models(work)


def _check_models(work: Workspace) -> Iterator[Check]:
    """Opens each model and runs it: where a stage runs is what it did, not what was configured."""
    try:
        different = work.store.identity_differences(work.identity)
        yield Check(
            say("check-embedder"),
            not different,
            say("made-by-another", what=", ".join(different)) if different else say("made-by-this"),
            say("rebuild-library"),
        )
        for on in work.models:
            if not (on.stage.optional and on.is_missing):
                yield _ran(on, tokens_of_a_question(work.settings, work.models))
    except RagError as error:
        yield Check(say("check-models"), False, *told_of(error))


def _ran(on: StageModel[PlacedModel], tokens: int) -> Check:
    """Raises what it fails with, where it cannot be done without."""
    name = say("check-runs-on", stage=on.stage.word)
    try:
        on.try_out(tokens, CancelToken())
    except UserError:
        if not on.stage.optional:
            raise
        found = say("provider-because", provider="–", reason=on.reason)
        return Check(name, False, found, joined((say("answered-without-it"), PREPARE)))
    found = say("provider-because", provider=on.provider, reason=on.reason) if on.reason else literal(on.provider)
    return Check(name, True, found)


def told_of(error: RagError) -> tuple[Message, Message]:
    """What happened, and what to do."""
    if isinstance(error, UserError):
        return error.message, error.advice
    return getattr(error, "message", literal(str(error))), NOTHING


def _existing(path: Path) -> Path:
    """The folder itself or the nearest one above it that exists."""
    return path if path.exists() else _existing(path.parent)
