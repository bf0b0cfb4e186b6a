"""Which importer a folder is for: `genai_config.json` makes it a language model, `modules.json` an embedder."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from rag_core.errors import UserError
from rag_core.messages import say
from rag_core.progress import Progress


def import_pack(folder: Path, packs_dir: Path) -> Generator[Progress, None, None]:
    """Import `folder` as a pack. Raises UserError when it is neither kind of model, or is incomplete."""
    if not folder.is_dir():
        raise UserError(say("folder-missing", folder=str(folder)), say("name-model-folder"))
    if (folder / "genai_config.json").is_file():
        from models.imports.llm import import_llm

        yield from import_llm(folder, packs_dir)
    elif (folder / "modules.json").is_file() or (folder / "tokenizer.json").is_file():
        from models.imports.embedder import import_embedder

        yield from import_embedder(folder, packs_dir)
    else:
        raise UserError(say("folder-holds-no-model", folder=str(folder)), say("export-model-first"))
