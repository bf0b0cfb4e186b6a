"""Whether a pack is prepared for an NPU."""

from __future__ import annotations

from pathlib import Path

from models.npu.refusals import refusal
from models.npu.static_graphs import why_not
from rag_core.errors import ProviderUnavailable
from rag_core.pack_making import PackState
from rag_core.runtime.npu.compiled import damage_of, expected_stamp, find_contexts
from rag_core.runtime.npu.static import RECIPE
from rag_core.runtime.npu.targets import Target
from rag_core.runtime.pack import Pack


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
        return PackState(source.id, title, "refused", reason)
    return PackState(source.id, title, "stale" if found.stale else "missing", found.reason)
