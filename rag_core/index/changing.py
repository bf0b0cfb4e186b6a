"""Documents in and out. Every function here runs inside the caller's transaction, so a document is whole or absent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from rag_core import __version__
from rag_core.index import lexical, meta
from rag_core.index.layout import pack_layout
from rag_core.messages import Message, say, to_data, to_text
from rag_core.storage.connection import Connection
from rag_core.text.search_tokens import TOKENS_VERSION
from rag_core.types import Chunk, ParsedDocument

_REMOVED = "chunks_removed_since_purge"


def put(
    connection: Connection,
    path: str,
    size_bytes: int,
    modified_ns: int,
    document_id: str,
    parsed: ParsedDocument,
    chunks: Sequence[Chunk],
    replace: bool = False,
) -> None:
    """Store a document at `path`, replacing exactly what stood there; content that another path still holds stays. It
    can be found by its words at once.

    Content that is stored already is only linked; with `replace` it is stored anew as it was read now, for all its
    paths. Raises ValueError when a chunk is not a slice of its page.
    """
    row = connection.execute("SELECT id FROM documents WHERE document_id = ?", (document_id,)).fetchone()
    if row and replace:
        connection.execute("UPDATE documents SET document_id = '' WHERE id = ?", row)  # what comes now takes its name
        document = _insert(connection, document_id, parsed, chunks)
        connection.execute("UPDATE files SET document = ? WHERE document = ?", (document, row[0]))
        _remove_if_unseen(connection, int(row[0]))
    else:
        document = int(row[0]) if row else _insert(connection, document_id, parsed, chunks)
    _set_file(connection, path, document, size_bytes, modified_ns, "")


def put_failure(connection: Connection, path: str, size_bytes: int, modified_ns: int, reason: Message) -> None:
    """Remember that `path` cannot be read, and why. What stood there before is removed."""
    _set_file(connection, path, None, size_bytes, modified_ns, to_text(reason or say("could-not-be-read")))


def link(connection: Connection, path: str, size_bytes: int, modified_ns: int, document_id: str) -> bool:
    """Let `path` hold content that is already stored, without parsing it; False when it is not stored."""
    row = connection.execute("SELECT id FROM documents WHERE document_id = ?", (document_id,)).fetchone()
    if row is None:
        return False
    _set_file(connection, path, int(row[0]), size_bytes, modified_ns, "")
    return True


def touch(connection: Connection, path: str, size_bytes: int, modified_ns: int) -> None:
    """The file has a new time but the same content."""
    connection.execute(
        "UPDATE files SET size_bytes = ?, modified_ns = ? WHERE path = ?", (size_bytes, modified_ns, path)
    )


def remove_paths(connection: Connection, paths: Iterable[str]) -> int:
    """Forget paths; content goes with its last path, from every table. Returns how many paths were known.

    Its bytes in the tables are overwritten at once; `purge` takes its words out of the keyword index's files.
    """
    removed = 0
    candidates: set[int] = set()
    for path in paths:
        row = connection.execute("DELETE FROM files WHERE path = ? RETURNING document", (path,)).fetchall()
        removed += len(row)
        candidates.update(int(document) for (document,) in row if document is not None)
    for document in sorted(candidates):
        _remove_if_unseen(connection, document)
    return removed


def _set_file(
    connection: Connection, path: str, document: int | None, size_bytes: int, modified_ns: int, reason: str
) -> None:
    before = connection.execute("SELECT document FROM files WHERE path = ?", (path,)).fetchone()
    connection.execute(
        "INSERT INTO files(path, document, size_bytes, modified_ns, reason) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT(path) DO UPDATE SET document = excluded.document, size_bytes = excluded.size_bytes,"
        " modified_ns = excluded.modified_ns, reason = excluded.reason",
        (path, document, size_bytes, modified_ns, reason),
    )
    if before is not None and before[0] is not None and before[0] != document:
        _remove_if_unseen(connection, int(before[0]))


def _insert(connection: Connection, document_id: str, parsed: ParsedDocument, chunks: Sequence[Chunk]) -> int:
    _check_slices(parsed, chunks)
    cursor = connection.execute(
        "INSERT INTO documents(document_id, media_type, title, place, warnings, page_count, chunk_count, language)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            document_id,
            parsed.media_type,
            parsed.title,
            parsed.place,
            json.dumps([to_data(warning) for warning in parsed.warnings]),
            len(parsed.pages),
            len(chunks),
            parsed.language,
        ),
    )
    document = int(cursor.lastrowid)
    connection.executemany(
        "INSERT INTO pages(document, number, label, width, height, needs_ocr, text, layout)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (document, p.number, p.label, p.width, p.height, p.needs_ocr, p.text, pack_layout(p.blocks, p.lines))
            for p in parsed.pages
        ),
    )
    first = _next_chunk_id(connection)
    connection.executemany(
        "INSERT INTO chunks(id, document, ordinal, page, char_start, char_end, token_count, headings)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (first + at, document, c.ordinal, c.page, c.char_start, c.char_end, c.token_count, _headings(c.headings))
            for at, c in enumerate(chunks)
        ),
    )
    lexical.insert_rows(
        connection,
        [(first + at, *lexical.lexical_row(parsed.title, c.headings, c.text)) for at, c in enumerate(chunks)],
    )
    return document


def _check_slices(parsed: ParsedDocument, chunks: Sequence[Chunk]) -> None:
    """The text of a chunk is stored as a range of its page; one that differs would come back wrong. ValueError."""
    texts = {page.number: page.text for page in parsed.pages}
    for chunk in chunks:
        if texts.get(chunk.page, "")[chunk.char_start : chunk.char_end] != chunk.text:
            raise ValueError(f"chunk {chunk.ordinal} is not page {chunk.page}[{chunk.char_start}:{chunk.char_end}]")


def _next_chunk_id(connection: Connection) -> int:
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'chunks'").fetchone()
    return (int(row[0]) if row else 0) + 1


def _headings(headings: tuple[str, ...]) -> str:
    return json.dumps(headings, ensure_ascii=False) if headings else ""


def _remove_if_unseen(connection: Connection, document: int) -> None:
    if connection.execute("SELECT 1 FROM files WHERE document = ? LIMIT 1", (document,)).fetchone():
        return
    rows = lexical_rows(connection, document)
    lexical.delete_rows(connection, rows)
    _count_removed(connection, len(rows))
    # Pages, chunks and vectors go with it (ON DELETE CASCADE).
    connection.execute("DELETE FROM documents WHERE id = ?", (document,))
    meta.bump_vectors(connection)


def _count_removed(connection: Connection, chunks: int) -> None:
    meta.put(connection, _REMOVED, str(removed_since_purge(connection) + chunks))


def removed_since_purge(connection: Connection) -> int:
    """How many chunks were removed whose words are still in the keyword index's storage."""
    return int(meta.get(connection, _REMOVED, "0"))


def purge(connection: Connection) -> None:
    """Take the words of removed chunks out of the keyword index's storage.

    FTS5 notes removals and drops the words when it merges; its option to drop them at once takes 8 ms per chunk.
    """
    connection.execute("INSERT INTO lexical(lexical) VALUES ('optimize')")
    meta.put(connection, _REMOVED, "0")


def lexical_rows(connection: Connection, document: int) -> list[tuple[int, str, str]]:
    """What the keyword index holds of a document, made again from the tables."""
    (title,) = connection.execute("SELECT title FROM documents WHERE id = ?", (document,)).fetchone()
    texts = dict(connection.execute("SELECT number, text FROM pages WHERE document = ?", (document,)))
    chunks = connection.execute(
        "SELECT id, page, char_start, char_end, headings FROM chunks WHERE document = ? ORDER BY id", (document,)
    )
    return [
        (int(chunk), *lexical.lexical_row(title, json.loads(headings or "[]"), texts[page][start:end]))
        for chunk, page, start, end, headings in chunks
    ]


def make_anew(connection: Connection) -> None:
    """A new library gets its facts; one of another way to make words of text, its keyword index."""
    if meta.get(connection, "vector_epoch"):
        _rebuild_lexical(connection)
    else:
        meta.put(connection, "created_with", f"alcove {__version__}")
        meta.new_vector_epoch(connection)
    meta.put(connection, "tokens_version", TOKENS_VERSION)


def _rebuild_lexical(connection: Connection) -> None:
    """Make the keyword index again from pages and chunks."""
    connection.execute("INSERT INTO lexical(lexical) VALUES ('delete-all')")
    for (document,) in connection.execute("SELECT id FROM documents ORDER BY id").fetchall():
        lexical.insert_rows(connection, lexical_rows(connection, int(document)))
