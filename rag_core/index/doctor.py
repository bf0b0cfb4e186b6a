"""Looks for what must never be: orphans, half documents, damage. And counts what there is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rag_core.index.records import Statistics
from rag_core.index.schema import DATABASE_FILE
from rag_core.messages import Message, say
from rag_core.storage.connection import Connection, is_denied

# Each query counts rows that should not exist; what they are is said of the count.
_COUNTS: tuple[tuple[Callable[[int], Message], str], ...] = (
    (lambda count: say("documents-without-file", count=count), "SELECT count(*) FROM documents WHERE id NOT IN"
     " (SELECT document FROM files WHERE document IS NOT NULL)"),
    (lambda count: say("documents-without-page", count=count), "SELECT count(*) FROM documents d WHERE page_count <>"
     " (SELECT count(*) FROM pages WHERE document = d.id)"),
    (lambda count: say("documents-without-chunk", count=count), "SELECT count(*) FROM documents d WHERE chunk_count <>"
     " (SELECT count(*) FROM chunks WHERE document = d.id)"),
    (lambda count: say("chunks-without-words", count=count), "SELECT count(*) FROM chunks WHERE id NOT IN"
     " (SELECT id FROM lexical_docsize)"),
    (lambda count: say("words-without-chunk", count=count), "SELECT count(*) FROM lexical_docsize WHERE id NOT IN"
     " (SELECT id FROM chunks)"),
    (lambda count: say("vectors-without-chunk", count=count), "SELECT count(*) FROM vectors WHERE chunk NOT IN"
     " (SELECT id FROM chunks WHERE embedded = 1)"),
    (lambda count: say("chunks-without-vector", count=count), "SELECT count(*) FROM chunks WHERE embedded = 1"
     " AND id NOT IN (SELECT chunk FROM vectors)"),
)  # fmt: skip


def problems(connection: Connection, *, thorough: bool = False) -> list[Message]:
    """What `doctor` says, one per problem; empty when all is well. `thorough` also reads the whole keyword index."""
    found = [
        say("database-damaged", reason=row[0]) for row in connection.execute("PRAGMA quick_check") if row[0] != "ok"
    ]
    if found:
        return found
    broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    if broken:
        found.append(say("rows-point-nowhere", count=len(broken), table=broken[0][0]))
    for message, query in _COUNTS:
        (count,) = connection.execute(query).fetchone()
        if count:
            found.append(message(count))
    if thorough:
        found += _keyword_index_damage(connection)
    return found


def _keyword_index_damage(connection: Connection) -> list[Message]:
    from sqlcipher3 import dbapi2

    # FTS5's check is spelled as an insertion, but changes nothing.
    (query_only,) = connection.execute("PRAGMA query_only").fetchone()
    connection.execute("PRAGMA query_only = OFF")
    try:
        connection.execute("INSERT INTO lexical(lexical, rank) VALUES ('integrity-check', 0)")
    except dbapi2.DatabaseError as error:
        # Beside a busy writer, or on a read-only disk, it cannot be asked; the other checks stand.
        return [] if is_denied(error) else [say("keyword-index-damaged", reason=str(error))]
    finally:
        connection.execute(f"PRAGMA query_only = {query_only}")
    return []


def statistics(connection: Connection, folder: Path) -> Statistics:
    def one(query: str) -> int:
        return int(connection.execute(query).fetchone()[0])

    return Statistics(
        files=one("SELECT count(*) FROM files"),
        failed_files=one("SELECT count(*) FROM files WHERE document IS NULL"),
        documents=one("SELECT count(*) FROM documents"),
        pages=one("SELECT count(*) FROM pages"),
        chunks=one("SELECT count(*) FROM chunks"),
        chunks_without_vector=one("SELECT count(*) FROM chunks WHERE embedded = 0"),
        database_bytes=(folder / DATABASE_FILE).stat().st_size,
    )
