"""Whether a pack is prepared for an NPU."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.npu.refusals import refusal
from models.npu.static_graphs import why_not
from rag_core.errors import PackCorrupt, ProviderUnavailable
from rag_core.runtime.npu.compiled import expected_stamp, find_contexts
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.npu.targets import Target
from rag_core.runtime.pack import Pack, verify


@dataclass(frozen=True, slots=True)
class PackState:
    """ "ready" to run there, "missing" (never prepared), "stale" (prepared for something else, or damaged), or one that
    "cannot" be prepared. `reason` is a sentence for all but the first.
    """

    pack_id: str
    title: str
    state: Literal["ready", "missing", "stale", "cannot"]
    reason: str = ""

    @property
    def unprepared(self) -> bool:
        """Whether preparing would change it."""
        return self.state in ("missing", "stale")


def state_of(source: Pack, contexts_dir: Path, target: Target, thorough: bool = False) -> PackState:
    """How far `source` is prepared for `target`. Files are compared by their sizes, or `thorough`: byte by byte."""
    title = source.manifest.title
    if reason := why_not(source):
        return PackState(source.id, title, "cannot", reason)
    try:
        expected = expected_stamp(source, target, RECIPE)
    except ProviderUnavailable as error:
        return PackState(source.id, title, "cannot", error.message)
    found = find_contexts(contexts_dir, source, target, expected)
    if found.pack is not None:
        reason = damage_of(found.pack, thorough)
        return PackState(source.id, title, "stale" if reason else "ready", reason)
    if reason := refusal(contexts_dir, source, target, expected):
        return PackState(source.id, title, "cannot", reason)
    return PackState(source.id, title, "stale" if found.stale else "missing", found.reason)


def damage_of(contexts: Pack, thorough: bool) -> str:
    """What is wrong with the files of a context pack; empty where nothing is."""
    for file in contexts.manifest.files:
        path = contexts.path_of(file.path)
        if not path.is_file() or path.stat().st_size != file.bytes:
            return f"The file “{file.path}” of what was prepared for the NPU is damaged."
    if thorough:
        try:
            verify(contexts)
        except PackCorrupt as damage:
            return damage.message
    return ""
