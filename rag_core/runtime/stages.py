"""The stages of a question that a model does, in their order, and whose pack does each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rag_core.runtime.pack import Pack, Role, find_pack
from rag_core.settings import Settings


@dataclass(frozen=True, slots=True)
class Stage:
    """`name` is its key in providers, reasons and the memory of failures; `word` is for a person. Where there is no
    model for an `optional` one, a question is answered without it.
    """

    name: str
    role: Role
    word: str
    optional: bool = False

    def pack(self, packs_dir: Path, settings: Settings) -> Pack:
        """The one that the settings name, else the first that is installed. Raises PackMissing, PackCorrupt."""
        named = {"embedder": settings.embedder, "reader": settings.reader, "llm": settings.llm}
        return find_pack(packs_dir, self.role, named[self.role] or None)


EMBED = Stage("embed", "embedder", "embedding")
RERANK = Stage("rerank", "reader", "reranking", optional=True)
GENERATE = Stage("generate", "llm", "answering")
STAGES = (EMBED, RERANK, GENERATE)
_BY_NAME = {stage.name: stage for stage in STAGES}


def stage_named(name: str) -> Stage:
    """Raises KeyError for a name that is none."""
    return _BY_NAME[name]
