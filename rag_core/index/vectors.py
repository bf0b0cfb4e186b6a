"""Vectors in the database: one row of float16 per chunk. The FAISS file is made from these, never the reverse."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from rag_core.index import meta
from rag_core.index.records import PendingChunk
from rag_core.storage.connection import Connection
from rag_core.types import FloatArray

HalfArray = npt.NDArray[np.float16]

_BLOCK_ROWS = 8192


def embedding_text(title: str, headings: Sequence[str], text: str) -> str:
    """What stands for a chunk when it is embedded: its own words, led by where they stand."""
    context = " > ".join(part for part in (title, *headings) if part)
    return f"{context}\n{text}" if context else text


def pending_chunks(connection: Connection, limit: int) -> list[PendingChunk]:
    """Chunks that wait for a vector, with the text to embed, oldest document first."""
    rows = connection.execute(
        "SELECT c.id, d.title, c.headings, substr(p.text, c.char_start + 1, c.char_end - c.char_start)"
        " FROM chunks c JOIN documents d ON d.id = c.document"
        " JOIN pages p ON p.document = c.document AND p.number = c.page"
        " WHERE c.embedded = 0 ORDER BY c.document, c.ordinal LIMIT ?",
        (limit,),
    )
    return [
        PendingChunk(chunk, embedding_text(title, json.loads(headings or "[]"), text))
        for chunk, title, headings, text in rows
    ]


def complete_documents(connection: Connection, chunk_ids: Sequence[int]) -> list[str]:
    """Ids of the documents of these chunks that can be found by meaning as a whole."""
    rows = connection.execute(
        "SELECT d.document_id FROM documents d"
        " WHERE d.id IN (SELECT document FROM chunks WHERE id IN (SELECT value FROM json_each(?)))"
        " AND NOT EXISTS (SELECT 1 FROM chunks c WHERE c.document = d.id AND c.embedded = 0) ORDER BY d.id",
        (json.dumps(list(chunk_ids)),),
    )
    return [str(document_id) for (document_id,) in rows]


def pending_count(connection: Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM chunks WHERE embedded = 0").fetchone()[0])


def put(connection: Connection, chunk_ids: Sequence[int], vectors: FloatArray) -> list[int]:
    """Store vectors, shape (len(chunk_ids), dim). Returns the positions that were stored.

    A chunk that was removed while its vector was being made, or that has one already, is passed over.
    """
    if vectors.shape[0] != len(chunk_ids):
        raise ValueError(f"{len(chunk_ids)} chunks but {vectors.shape[0]} vectors")
    halves = np.ascontiguousarray(vectors, dtype="<f2")
    stored: list[int] = []
    for position, chunk_id in enumerate(chunk_ids):
        cursor = connection.execute("UPDATE chunks SET embedded = 1 WHERE id = ? AND embedded = 0", (chunk_id,))
        if cursor.rowcount == 1:
            connection.execute(
                "INSERT INTO vectors(chunk, vector) VALUES (?, ?)", (chunk_id, halves[position].tobytes())
            )
            stored.append(position)
    if stored:
        meta.bump_vectors(connection)
    return stored


def drop(connection: Connection) -> None:
    connection.execute("DELETE FROM vectors")
    connection.execute("UPDATE chunks SET embedded = 0 WHERE embedded = 1")
    meta.new_vector_epoch(connection)


def ids(connection: Connection) -> npt.NDArray[np.int64]:
    """Every chunk with a vector, ascending."""
    rows = connection.execute("SELECT chunk FROM vectors ORDER BY chunk")
    return np.fromiter((chunk for (chunk,) in rows), dtype=np.int64)


def count(connection: Connection) -> int:
    # Counting the rows of `vectors` would read all of them (80 MB for 100,000 chunks).
    return chunk_count(connection) - pending_count(connection)


def chunk_count(connection: Connection) -> int:
    return int(connection.execute("SELECT coalesce(sum(chunk_count), 0) FROM documents").fetchone()[0])


def blocks(
    connection: Connection, dim: int, only: npt.NDArray[np.int64] | None = None
) -> Iterator[tuple[npt.NDArray[np.int64], HalfArray]]:
    """(chunk ids, unit vectors as float16) in blocks: of all chunks, or of the ids in `only` that are there."""
    if only is None:
        cursor = connection.execute("SELECT chunk, vector FROM vectors ORDER BY chunk")
    else:
        cursor = connection.execute(
            "SELECT chunk, vector FROM vectors WHERE chunk IN (SELECT value FROM json_each(?)) ORDER BY chunk",
            (json.dumps(only.tolist()),),
        )
    while rows := cursor.fetchmany(_BLOCK_ROWS):
        chunk_ids = np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))
        yield chunk_ids, np.frombuffer(b"".join(row[1] for row in rows), dtype="<f2").reshape(len(rows), dim)
