"""The engine's process: what `rag_core.process.children` starts as "engine". Nothing of the window is loaded in it."""

from __future__ import annotations

from models.making import PackMaker
from rag_core.host.worker import serve


def main() -> None:
    """Serve the window until it goes away."""
    serve(PackMaker())
