"""What makes vectors and chunks now: a pack's embedder and our chunker. Light, so that a list of libraries can ask."""

from __future__ import annotations

from rag_core.embed.description import read_spec
from rag_core.index.records import Identity
from rag_core.ingest.chunker import CHUNKER_VERSION
from rag_core.runtime.pack import Pack


def identity_of(embedder: Pack) -> Identity:
    """Raises PackCorrupt when the pack does not describe an embedder."""
    spec = read_spec(embedder)
    return Identity(embedder.id, embedder.sha256, spec.dim, spec.pooling, str(CHUNKER_VERSION))
