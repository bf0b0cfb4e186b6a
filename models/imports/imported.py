"""What both importers share: how the pack that is made of a folder is described, and written."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag_core.errors import StorageFull, UserError
from rag_core.messages import say
from rag_core.runtime.pack import Graph, Manifest, Role, list_packs, new_pack


def imported_manifest(folder: Path, role: Role, graph: Graph, spec: dict[str, Any], **proof: str) -> Manifest:
    """Of the one pack that `folder` becomes: its id is made from the folder's name."""
    name = folder.resolve().name
    return Manifest(
        id=re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.") or "imported",
        role=role,
        title=name,
        licence="unknown: see the files of the model's maker",
        version="imported",
        files=(),
        graphs=(graph,),
        spec=spec,
        provenance={"imported_from": name, **proof},
    )


@contextmanager
def imported_pack(pack_id: str, packs_dir: Path) -> Iterator[Path]:
    """Where to write it, as `new_pack`. Raises UserError when a pack that was not imported has that id, StorageFull."""
    for pack in list_packs(packs_dir):
        if pack.id == pack_id and "imported_from" not in pack.manifest.provenance:
            raise UserError(say("pack-exists", pack=pack_id), say("rename-model-folder"))
    try:
        with new_pack(packs_dir, pack_id) as root:
            yield root
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise StorageFull(say("import-disk-full"), say("free-space-import-again")) from error
