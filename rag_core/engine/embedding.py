"""Computes the vectors that are missing, in steps short enough for a question to come between."""

from __future__ import annotations

import time
from collections.abc import Generator

from rag_core.engine.suited import suited_to
from rag_core.engine.workspace import Workspace
from rag_core.errors import IndexMismatch
from rag_core.messages import say
from rag_core.progress import Progress
from rag_core.stages import EMBED
from rag_core.types import AddStep, DocumentsSearchable

# A question waits for one step, and a stop can cost one: so a step takes about this long, on whatever machine.
_STEP_MS = 100.0


def embed_pending(work: Workspace) -> Generator[AddStep, None, None]:
    """Each step is a transaction: a stop at any of them loses nothing. Raises IndexMismatch if the model changed."""
    store = work.store
    total = store.pending_count()
    limits = suited_to(work.models[EMBED].kind).embed_chunks
    done, size = 0, limits[0]
    while done < total:
        yield Progress("embed", done, total, "passages")
        batch = store.pending_chunks(size)
        if not batch:
            break
        started = time.perf_counter()
        ids = [chunk.chunk_id for chunk in batch]
        vectors = work.models[EMBED].model.encode_passages([chunk.text for chunk in batch])
        if store.identity_differences(work.identity):
            raise IndexMismatch(say("embedder-replaced"))
        store.put_vectors(ids, vectors)
        size = _next_size(size, (time.perf_counter() - started) * 1000, limits)
        done += len(batch)
        if complete := store.complete_documents(ids):
            yield DocumentsSearchable(tuple(complete))
    if total:
        yield Progress("embed", done, total, "passages")
        store.save()


def _next_size(size: int, took_ms: float, limits: tuple[int, int]) -> int:
    low, high = limits
    return max(low, min(high, round(size * min(2.0, _STEP_MS / max(took_ms, 1.0)))))
