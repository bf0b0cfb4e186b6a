"""Static graphs of an installed pack, by whatever recipe knows its kind."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from models.npu.plan import Shape
from rag_core.messages import NOTHING, Message, say
from rag_core.runtime.npu.static import STATIC
from rag_core.runtime.pack import Pack, Role

# They write float16 (models/training/quantised/README.md says why). To change that, change
# `rag_core.runtime.npu.static.RECIPE` too: contexts become out of date.
_WRITERS: dict[Role, str] = {
    "embedder": "models.convert.encoder.static",
    "reader": "models.convert.encoder.static_reader",
    "llm": "models.convert.decoder.static",
}
# Of the roles whose packs must be of a certain making.
_RECIPES: dict[Role, str] = {"embedder": "models/minilm", "reader": "models/reader"}


def why_not(source: Pack) -> Message:
    """Why `source` cannot be prepared for an NPU, in plain words; empty where it can. Looks at its manifest only."""
    manifest = source.manifest
    if STATIC in manifest.spec:
        return NOTHING
    if manifest.role == "llm" and isinstance(manifest.spec.get("network"), dict):
        return NOTHING
    if manifest.role in _RECIPES and manifest.provenance.get("recipe") == _RECIPES[manifest.role]:
        return NOTHING
    return say("pack-kind-not-for-npu", title=manifest.title)


def write_static_graphs(source: Pack, folder: Path, shapes: Sequence[Shape]) -> Pack:
    """A static pack of `source` with graphs of these shapes, in `folder`; one that is static is taken as it is.

    Raises UserError where its weights cannot be read back, PackCorrupt where it is damaged.
    """
    if STATIC in source.manifest.spec:
        return source
    written: Pack = import_module(_WRITERS[source.manifest.role]).write_static(source, folder, shapes)
    return written
