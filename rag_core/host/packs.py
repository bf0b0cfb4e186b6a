"""Packs for the window: listed, verified, prepared, imported. The only file of the core that knows the recipes.

Preparing is the set-up step that downloads, asked for by the person; a child process does it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rag_core.errors import PackCorrupt, PackMissing
from rag_core.host.events import PackInfo
from rag_core.host.lane import Work
from rag_core.paths import DataDir
from rag_core.progress import Progress
from rag_core.runtime.pack import Pack, Role, find_pack, open_pack, pack_folders, verify
from rag_core.settings import Settings


def prepare(data_dir: DataDir) -> Work:
    """Builds the default packs that are missing."""
    from models.build import build_packs

    yield from build_packs(data_dir.packs, data_dir.downloads)
    return None


def import_folder(data_dir: DataDir, folder: Path) -> Work:
    from models.import_pack import import_pack

    yield from import_pack(folder.expanduser().absolute(), data_dir.packs)
    return None


def installed(data_dir: DataDir, settings: Settings) -> tuple[PackInfo, ...]:
    """Every pack, by id; one whose manifest cannot be read with its problem."""
    in_use = set(_in_use(data_dir, settings))
    return tuple(_described(folder, in_use) for folder in pack_folders(data_dir.packs))


def verify_stepwise(data_dir: DataDir, pack_id: str) -> Work:
    """Compares file by file, so that a question waits for one file only."""
    from rag_core.engine.health import Check  # the engine is heavy, and a list of packs does not need it

    info = next((info for info in installed(data_dir, Settings()) if info.pack_id == pack_id), None)
    if info is None:
        raise PackMissing(f"No model pack “{pack_id}” is installed.", "Prepare or import it.")
    if info.problem:
        return Check(f"pack {pack_id}", False, info.problem)
    pack = open_pack(Path(info.folder))
    files = pack.manifest.files
    for done, file in enumerate(files):
        yield Progress("verify", done, len(files), "files", file.path)
        try:
            verify(pack, only=(file.path,))
        except PackCorrupt as error:
            return Check(f"pack {pack.id}", False, error.message, error.advice)
    return Check(f"pack {pack.id}", True, "Every file is as its manifest says.")


def _in_use(data_dir: DataDir, settings: Settings) -> Iterator[str]:
    chosen: tuple[tuple[Role, str], ...] = (("embedder", settings.embedder), ("llm", settings.llm))
    for role, pack_id in chosen:
        try:
            yield find_pack(data_dir.packs, role, pack_id or None).id
        except (PackMissing, PackCorrupt):
            continue  # then none is in use for this role


def _described(folder: Path, in_use: set[str]) -> PackInfo:
    try:
        pack = open_pack(folder)
    except (PackMissing, PackCorrupt) as error:
        return PackInfo(folder.name, "", folder.name, "", "", 0, str(folder), in_use=False, problem=str(error))
    manifest = pack.manifest
    return PackInfo(
        pack.id,
        manifest.role,
        manifest.title,
        manifest.licence,
        manifest.version,
        _size_bytes(pack),
        str(pack.root),
        in_use=pack.id in in_use,
    )


def _size_bytes(pack: Pack) -> int:
    return sum(file.bytes for file in pack.manifest.files)
