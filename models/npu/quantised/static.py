"""Static packs in every precision that is offered. What was tried and is not: models/npu/quantised/README.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rag_core.runtime.pack import Pack, Role

# Best known first: by what was proven, not by size.
PRECISIONS: dict[Role, tuple[str, ...]] = {
    "embedder": ("fp16", "w8a16"),
    "llm": ("fp16", "w4a16"),
    "reader": ("fp16",),
}


def write_static(source: Pack, folder: Path, shapes: Sequence[tuple[int, int]], precision: str = "fp16") -> Pack:
    """Graphs of `shapes` out of an installed pack: (texts, tokens) of an embedder or a reader, (tokens, cache) of a
    language model.

    Raises ValueError for a precision that is not offered, and what the writers raise.
    """
    role = source.manifest.role
    offered = PRECISIONS[role]
    if precision not in offered:
        raise ValueError(f"{source.id} in {precision}: there is {', '.join(offered)}")
    if role == "reader":
        from models.convert.encoder.static_reader import write_static as write_reader

        return write_reader(source, folder, shapes)
    if role == "llm":
        from models.convert.decoder.static import write_static as write_decoder
        from models.npu.quantised.blocks import BlockProducts

        return write_decoder(source, folder, shapes, products=BlockProducts() if precision == "w4a16" else None)
    if precision == "w8a16":
        from models.npu.quantised.encoder import write_static as write_integers

        return write_integers(source, folder, shapes)
    from models.convert.encoder.static import write_static as write_encoder

    return write_encoder(source, folder, shapes)
