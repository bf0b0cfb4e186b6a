"""What both importers share: the name of an imported pack."""

from __future__ import annotations

import re
from pathlib import Path

from rag_core.errors import UserError
from rag_core.messages import say
from rag_core.runtime.pack import list_packs


def imported_pack_id(folder: Path, packs_dir: Path) -> str:
    """The pack's id, made from the folder's name. Raises UserError when a pack that was not imported has that id."""
    pack_id = re.sub(r"[^a-z0-9.]+", "-", folder.resolve().name.lower()).strip("-.") or "imported"
    for pack in list_packs(packs_dir):
        if pack.id == pack_id and "imported_from" not in pack.manifest.provenance:
            raise UserError(say("pack-exists", pack=pack_id), say("rename-model-folder"))
    return pack_id
