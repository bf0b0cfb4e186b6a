"""Small documents for tests of the index and of retrieval."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from rag_core.index.store import Store
from rag_core.types import Block, Chunk, FloatArray, LineBox, Page, ParsedDocument

DIM = 16


def parsed(
    *pages: Sequence[str], title: str = "", media_type: str = "text/plain"
) -> tuple[ParsedDocument, list[Chunk]]:
    """A document: one sequence of chunk texts per page, joined by spaces."""
    made: list[Page] = []
    chunks: list[Chunk] = []
    for number, texts in enumerate(pages, start=1):
        start = 0
        for text in texts:
            chunks.append(Chunk(len(chunks), number, start, start + len(text), text, ("Part",), len(text.split())))
            start += len(text) + 1
        body = " ".join(texts)
        lines = (LineBox(0, len(body), 72.25, 90.5, 300.0, 102.0),) if body else ()
        blocks = (Block("paragraph", 0, len(body)),) if body else ()
        made.append(Page(number, body, f"p{number}", blocks, lines, 595.0, 842.0))
    return ParsedDocument(media_type, tuple(made), title), chunks


def identity_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def add(
    store: Store, path: str, *pages: Sequence[str], title: str = "", media_type: str = "text/plain", time_ns: int = 1
) -> str:
    """Store a document; its id is the hash of its text."""
    document, chunks = parsed(*pages, title=title, media_type=media_type)
    document_id = identity_of(repr(pages))
    store.put_document(path, 10, time_ns, document_id, document, chunks)
    return document_id


def vectors(count: int, seed: int = 0) -> FloatArray:
    rows = np.random.default_rng(seed).standard_normal((count, DIM))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def embed_everything(index: Store) -> FloatArray:
    """Give every waiting chunk a random vector; returned in the order of chunk ids."""
    pending = index.pending_chunks(100_000)
    rows = vectors(len(pending))
    index.put_vectors([chunk.chunk_id for chunk in pending], rows)
    return rows
