"""Build every default pack that is not there yet. The only place of the program that downloads anything.

A recipe is a module with `PACK_ID`, `VERSION` (raised when the pack that it makes changes) and
`build(packs_dir, downloads_dir) -> Iterator[Progress]`.
"""

from __future__ import annotations

import importlib
from collections.abc import Generator
from pathlib import Path

from rag_core.errors import PackCorrupt, PackMissing, UserError
from rag_core.messages import Message, say
from rag_core.progress import Progress
from rag_core.runtime.pack import open_pack, verify

RECIPES = {
    "all-minilm-l6-v2": "models.recipes.minilm.recipe",
    "smollm2-135m-instruct": "models.recipes.smollm2.recipe",
    "minilm-reader": "models.recipes.reader.recipe",
}
# Questions are answered without these too.
OPTIONAL = frozenset({"minilm-reader"})


def build_packs(
    packs_dir: Path, downloads_dir: Path, only: tuple[str, ...] = ()
) -> Generator[Progress, None, tuple[Message, ...]]:
    """Build the default packs (or `only` these ids) that are missing, damaged, or made by another recipe version.

    The generator's value says which of `OPTIONAL` could not be built, and why; any other failure is a UserError.
    """
    unknown = sorted(set(only) - set(RECIPES))
    if unknown:
        raise UserError(say("recipe-missing", names=", ".join(unknown)), say("known-recipes", names=", ".join(RECIPES)))
    left_out: list[Message] = []
    for pack_id in only or tuple(RECIPES):
        recipe = importlib.import_module(RECIPES[pack_id])
        if is_current(packs_dir / pack_id, recipe.VERSION):
            yield Progress(say("step-pack-there", pack=pack_id), 1, 1, "packs")
            continue
        try:
            yield from recipe.build(packs_dir, downloads_dir)
        except UserError as failure:
            if pack_id not in OPTIONAL:
                raise
            left_out.append(say("pack-left-out", pack=pack_id, failure=failure.whole))
    return tuple(left_out)


def is_current(folder: Path, version: str) -> bool:
    """Whether `folder` holds a whole, undamaged pack of this recipe version."""
    try:
        pack = open_pack(folder)
        verify(pack)
    except (PackMissing, PackCorrupt):
        return False
    return pack.manifest.version == version
