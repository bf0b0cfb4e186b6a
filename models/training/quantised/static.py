"""Static packs in every precision that was tried. The program prepares float16 (README.md says why)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from models.convert.decoder.static import write_static as write_decoder
from models.npu.static_graphs import write_static_graphs
from models.training.quantised.blocks import BlockProducts
from models.training.quantised.encoder import write_static as write_integers
from rag_core.runtime.pack import Pack, Role

# Best known first: by what was proven, not by size.
PRECISIONS: dict[Role, tuple[str, ...]] = {
    "embedder": ("fp16", "w8a16"),
    "llm": ("fp16", "w4a16"),
    "reader": ("fp16",),
}


def write_static(source: Pack, folder: Path, shapes: Sequence[tuple[int, int]], precision: str = "fp16") -> Pack:
    """As `write_static_graphs`. Raises ValueError for a precision that is not offered, and what the writers raise."""
    offered = PRECISIONS[source.manifest.role]
    if precision not in offered:
        raise ValueError(f"{source.id} in {precision}: there is {', '.join(offered)}")
    if precision == "w8a16":
        return write_integers(source, folder, shapes)
    if precision == "w4a16":
        return write_decoder(source, folder, shapes, products=BlockProducts())
    return write_static_graphs(source, folder, shapes)
