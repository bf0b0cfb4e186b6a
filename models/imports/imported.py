"""What both importers share: the pack that is made of a folder."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag_core.errors import StorageFull, UserError
from rag_core.messages import say
from rag_core.runtime.pack import list_packs, new_pack


@contextmanager
def imported_pack(folder: Path, packs_dir: Path) -> Iterator[tuple[str, Path]]:
    """Its id, made from the folder's name, and where to write it: as `new_pack`. Raises UserError when a pack that was
    not imported has that id, StorageFull.
    """
    pack_id = re.sub(r"[^a-z0-9.]+", "-", folder.resolve().name.lower()).strip("-.") or "imported"
    for pack in list_packs(packs_dir):
        if pack.id == pack_id and "imported_from" not in pack.manifest.provenance:
            raise UserError(say("pack-exists", pack=pack_id), say("rename-model-folder"))
    try:
        with new_pack(packs_dir, pack_id) as root:
            yield pack_id, root
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise StorageFull(say("import-disk-full"), say("free-space-import-again")) from error
