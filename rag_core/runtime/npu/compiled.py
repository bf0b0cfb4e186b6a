"""Context packs: what the NPU's compiler made of a pack, stamped with all that it depends on.

A context runs on the chip that it was compiled for and on the same or a newer QAIRT (Qualcomm's runtime) only, and it
belongs to one exact build of one pack. Whatever differs makes it stale; a stale one is made again, never used.
Folder: `contexts / pack id / target id`, written like any pack (`runtime.pack.new_pack`, crash-safe, hashed).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rag_core.errors import PackCorrupt, PackMissing
from rag_core.messages import NOTHING, Message, say
from rag_core.runtime.npu.targets import Target
from rag_core.runtime.pack import Pack, open_pack, verify
from rag_core.runtime.plugins import QNN, plugin_of, qairt_version

COMPILED = "compiled"
SHARED = "shared_weights"  # in the spec: all graphs name one binary, and have to be opened as sharing


@dataclass(frozen=True, slots=True)
class ContextStamp:
    """`source` is the SHA-256 of the pack's manifest, `recipe` the version of what writes static graphs from it."""

    source: str
    target: str
    soc_model: str
    htp_arch: str
    qairt: str
    plugin: str
    recipe: str


@dataclass(frozen=True, slots=True)
class FoundContexts:
    """`pack` is usable as it is; else `reason` says why there is none, and `stale` that it is old."""

    pack: Pack | None
    reason: Message = NOTHING
    stale: bool = False


def expected_stamp(source: Pack, target: Target, recipe: str) -> ContextStamp:
    """What contexts of `source` for `target` have to be here and now. Raises ProviderUnavailable where the NPU's
    runtime is not installed.
    """
    plugin = plugin_of(QNN)
    return ContextStamp(
        source=source.sha256,
        target=target.id,
        soc_model=target.soc_model,
        htp_arch=target.htp_arch,
        qairt=qairt_version(),
        plugin=plugin.version if plugin else "",
        recipe=recipe,
    )


def context_folder(contexts_dir: Path, pack_id: str, target: Target) -> Path:
    return contexts_dir / pack_id / target.id


def find_contexts(contexts_dir: Path | None, source: Pack, target: Target, expected: ContextStamp) -> FoundContexts:
    """The contexts of `source` for `target`, if they are what `expected` says."""
    title = source.manifest.title
    unprepared = FoundContexts(None, say("not-prepared-yet", title=title, chip=target.title))
    if contexts_dir is None:
        return unprepared
    try:
        pack = open_pack(context_folder(contexts_dir, source.id, target))
    except PackMissing:
        return unprepared
    except PackCorrupt as damage:
        return FoundContexts(None, damage.message, stale=True)
    try:
        stamp = ContextStamp(**pack.manifest.spec[COMPILED])
    except (KeyError, TypeError):
        return FoundContexts(None, say("prepared-without-stamp", title=title), stale=True)
    if difference := _difference(stamp, expected):
        return FoundContexts(None, say("prepared-for-other", title=title, other=difference), stale=True)
    return FoundContexts(pack)


def damage_of(contexts: Pack, thorough: bool) -> Message:
    """What is wrong with the files of a context pack; `NOTHING` where nothing is."""
    for file in contexts.manifest.files:
        path = contexts.path_of(file.path)
        if not path.is_file() or path.stat().st_size != file.bytes:
            return say("context-damaged", path=file.path)
    if thorough:
        try:
            verify(contexts)
        except PackCorrupt as damage:
            return damage.message
    return NOTHING


def _difference(stamp: ContextStamp, expected: ContextStamp) -> Message:
    """What `stamp` was made for that is not so here; nothing where it may be used."""
    if stamp.source != expected.source:
        return say("another-build")
    if (stamp.soc_model, stamp.htp_arch) != (expected.soc_model, expected.htp_arch):
        return say("another-chip", chip=stamp.target)
    if stamp.recipe != expected.recipe:
        return say("an-older-alcove")
    if _version(stamp.qairt) > _version(expected.qairt):
        return say("a-newer-npu-runtime", there=stamp.qairt, here=expected.qairt)
    return NOTHING


def _version(text: str) -> tuple[int, ...]:
    """ "v2.51.0.260929181845" compares by its first three numbers."""
    return tuple(int(part) for part in text.lstrip("v").split(".")[:3] if part.isdigit())
