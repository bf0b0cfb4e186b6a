"""Packs for the window: listed, verified, built, imported, prepared for the NPU."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from rag_core.errors import PackCorrupt, PackMissing
from rag_core.host.events import NpuState, PackInfo
from rag_core.host.lane import Work
from rag_core.messages import joined, say
from rag_core.pack_making import PackMaking, compile_for_real_npu, compile_in_use, packs_in_use
from rag_core.paths import DataDir
from rag_core.progress import Progress
from rag_core.runtime.devices import list_devices
from rag_core.runtime.npu.targets import EMULATOR, Target, this_target, why_no_target
from rag_core.runtime.pack import Role, open_pack, pack_folders, verify
from rag_core.settings import Settings


def prepare(making: PackMaking, data_dir: DataDir, settings: Settings) -> Work:
    """Builds the default packs that are missing, and compiles those in use where there is a real NPU.

    What was left out and why, as `PackMaking.build` says. The packs work on the processor: why they are not on the NPU,
    `CheckNpu` tells, and tries again.
    """
    left_out = yield from making.build(data_dir.packs, data_dir.downloads)
    yield from compile_for_real_npu(making, data_dir, settings)
    return left_out


def import_folder(making: PackMaking, data_dir: DataDir, settings: Settings, folder: Path) -> Work:
    """With the same care for the NPU as `prepare`."""
    yield from making.import_folder(folder.expanduser().absolute(), data_dir.packs)
    yield from compile_for_real_npu(making, data_dir, settings)
    return None


def check_npu(making: PackMaking, data_dir: DataDir, settings: Settings, doubtful: Collection[Role] = ()) -> Work:
    """The `NpuState`. What was prepared of the packs of `doubtful` roles is compared byte by byte."""
    yield from ()
    return _npu_state(making, data_dir, settings, this_target(list_devices()), doubtful)


def prepare_npu(making: PackMaking, data_dir: DataDir, settings: Settings) -> Work:
    """Compiles the packs in use that are not ready for this machine's NPU, real or emulated; the `NpuState` then."""
    target = this_target(list_devices())
    if target is not None:
        for problem in (yield from compile_in_use(making, data_dir, settings, target)).values():
            raise problem
    return _npu_state(making, data_dir, settings, target)


def _npu_state(
    making: PackMaking, data_dir: DataDir, settings: Settings, target: Target | None, doubtful: Collection[Role] = ()
) -> NpuState:
    if target is None:
        return NpuState(reason=why_no_target(list_devices()))
    states = [
        making.state_of(pack, data_dir.contexts, target, thorough=pack.manifest.role in doubtful)
        for pack in packs_in_use(data_dir.packs, settings)
    ]
    if not states:
        return NpuState()  # without models nothing is missing, and nothing is ready
    missing = [state for state in states if state.state != "ready"]
    return NpuState(
        chip=target.title,
        emulated=target == EMULATOR,
        missing=tuple(state.title for state in missing),
        reason=joined(state.reason for state in missing),
        can_prepare=any(state.unprepared for state in missing),
    )


def installed(data_dir: DataDir, settings: Settings) -> tuple[PackInfo, ...]:
    """Every pack, by id; one whose manifest cannot be read with its problem."""
    in_use = {pack.id for pack in packs_in_use(data_dir.packs, settings)}
    return tuple(_described(folder, in_use) for folder in pack_folders(data_dir.packs))


def verify_stepwise(data_dir: DataDir, pack_id: str) -> Work:
    """Compares file by file, so that a question waits for one file only."""
    from rag_core.engine.health import Check  # the engine is heavy, and a list of packs does not need it

    info = next((info for info in installed(data_dir, Settings()) if info.pack_id == pack_id), None)
    if info is None:
        raise PackMissing(say("pack-not-installed", pack=pack_id), say("prepare-or-import"))
    if info.problem:
        return Check(say("check-pack", pack=pack_id), False, info.problem)
    pack = open_pack(Path(info.folder))
    files, name = pack.manifest.files, say("check-pack", pack=pack.id)
    for done, file in enumerate(files):
        yield Progress("verify", done, len(files), "files", file.path)
        try:
            verify(pack, only=(file.path,))
        except PackCorrupt as error:
            return Check(name, False, error.message, error.advice)
    return Check(name, True, say("files-as-manifest"))


def _described(folder: Path, in_use: set[str]) -> PackInfo:
    try:
        pack = open_pack(folder)
    except (PackMissing, PackCorrupt) as error:
        return PackInfo(folder.name, "", folder.name, "", "", 0, str(folder), in_use=False, problem=error.whole)
    manifest = pack.manifest
    return PackInfo(
        pack.id,
        manifest.role,
        manifest.title,
        manifest.licence,
        manifest.version,
        manifest.bytes,
        str(pack.root),
        in_use=pack.id in in_use,
    )
