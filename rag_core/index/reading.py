"""Reads documents, pages and chunks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_core.errors import UserError
from rag_core.index.layout import unpack_layout
from rag_core.index.records import Counts, KnownFile
from rag_core.messages import from_data, from_text, say
from rag_core.storage.connection import Connection
from rag_core.text.language import Language
from rag_core.types import Document, Filters, Page, PageInfo, StoredChunk

# The fields of a Chunk, led by its document's row and followed by these.
_OF_LIBRARY = ("chunk_id", "document_id", "title", "media_type", "page_label", "language", "place")
_CHUNK_COLUMNS = """
    SELECT c.document, c.ordinal, c.page, c.char_start, c.char_end,
           substr(p.text, c.char_start + 1, c.char_end - c.char_start), c.headings, c.token_count,
           c.id, d.document_id, d.title, d.media_type, p.label, d.language, d.place
    FROM chunks c JOIN documents d ON d.id = c.document JOIN pages p ON p.document = c.document AND p.number = c.page
"""


def counts(connection: Connection) -> Counts:
    """What a list of libraries shows: a few milliseconds, since no text is read."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM files WHERE document IS NOT NULL),"
        " (SELECT count(*) FROM files WHERE document IS NULL),"
        " (SELECT coalesce(sum(chunk_count), 0) FROM documents),"
        " (SELECT count(*) FROM chunks WHERE embedded = 0)"
    ).fetchone()
    return Counts(*(int(count) for count in row))


def usual_languages(connection: Connection) -> tuple[Language, ...]:
    """Those of the documents, the most frequent first: what a question is asked in that could be in several."""
    rows = connection.execute(
        "SELECT language FROM documents WHERE language <> '' GROUP BY language ORDER BY count(*) DESC"
    )
    return tuple(Language(language) for (language,) in rows)


def known_files(connection: Connection) -> dict[str, KnownFile]:
    """Every path, to compare with what stands on the disk. 10,000 paths take some 20 ms."""
    rows = connection.execute(
        "SELECT f.path, f.size_bytes, f.modified_ns, coalesce(d.document_id, '')"
        " FROM files f LEFT JOIN documents d ON d.id = f.document"
    )
    return {path: KnownFile(*facts) for path, *facts in rows}


def documents(connection: Connection) -> list[Document]:
    """One per path (failures included), by path."""
    rows = connection.execute(
        "SELECT coalesce(d.document_id, ''), f.path, coalesce(d.media_type, ''), coalesce(d.title, ''), f.size_bytes,"
        " f.modified_ns, coalesce(d.page_count, 0), coalesce(d.chunk_count, 0),"
        " CASE WHEN f.document IS NULL THEN 'failed'"
        " WHEN EXISTS (SELECT 1 FROM chunks c WHERE c.document = d.id AND c.embedded = 0) THEN 'keyword_searchable'"
        " ELSE 'searchable' END,"
        " f.reason, nullif(d.warnings, '[]'), coalesce(d.language, '')"
        " FROM files f LEFT JOIN documents d ON d.id = f.document ORDER BY f.path"
    )
    return [
        Document(content, path, media, title, size, modified, pages, chunks, state, from_text(reason), said, language)
        for content, path, media, title, size, modified, pages, chunks, state, reason, warnings, language in rows
        for said in (tuple(map(from_data, json.loads(warnings))) if warnings else (),)
    ]


def page(connection: Connection, document_id: str, number: int) -> Page:
    """Raises UserError when it is not (or no longer) in the library."""
    columns = "p.number, p.text, p.label, p.layout, p.width, p.height, p.needs_ocr"
    number, text, label, layout, width, height, needs_ocr = _of_page(connection, columns, document_id, number)
    return Page(number, text, label, *unpack_layout(layout), width, height, bool(needs_ocr))


def page_text(connection: Connection, document_id: str, number: int) -> str:
    """`page(...).text` without the layout, which costs more to unpack than the text to read. Raises UserError."""
    return str(_of_page(connection, "p.text", document_id, number)[0])


def _of_page(connection: Connection, columns: str, document_id: str, number: int) -> Any:
    row = connection.execute(
        f"SELECT {columns} FROM pages p JOIN documents d ON d.id = p.document WHERE d.document_id = ? AND p.number = ?",
        (document_id, number),
    ).fetchone()
    if row is None:
        raise UserError(say("page-gone", number=number), say("ask-or-add-again"))
    return row


def page_infos(connection: Connection, document_id: str) -> tuple[PageInfo, ...]:
    """Every page in order, without text and layout; empty when the document is not (or no longer) in the library."""
    rows = connection.execute(
        "SELECT p.number, p.label, p.width, p.height, p.needs_ocr, d.place FROM pages p"
        " JOIN documents d ON d.id = p.document WHERE d.document_id = ? ORDER BY p.number",
        (document_id,),
    )
    return tuple(PageInfo(n, label, width, height, bool(ocr), place) for n, label, width, height, ocr, place in rows)


def page_texts(connection: Connection, document_id: str) -> Iterator[tuple[int, str]]:
    """(number, text) of every page, in order."""
    yield from connection.execute(
        "SELECT p.number, p.text FROM pages p JOIN documents d ON d.id = p.document WHERE d.document_id = ?"
        " ORDER BY p.number",
        (document_id,),
    )


def chunks(connection: Connection, ids: Sequence[int]) -> list[StoredChunk]:
    """In the order of `ids`; chunks that are no longer there are left out."""
    rows = connection.execute(f"{_CHUNK_COLUMNS} WHERE c.id IN (SELECT value FROM json_each(?))", (json.dumps(ids),))
    found = {chunk.chunk_id: chunk for chunk in _stored_chunks(connection, rows.fetchall())}
    return [found[chunk_id] for chunk_id in ids if chunk_id in found]


def without_vector(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Those of the chunks that wait for their vector."""
    rows = connection.execute(
        "SELECT id FROM chunks WHERE id IN (SELECT value FROM json_each(?)) AND embedded = 0", (json.dumps(list(ids)),)
    )
    return {int(chunk) for (chunk,) in rows}


def neighbours(connection: Connection, chunk_id: int) -> tuple[StoredChunk | None, StoredChunk | None]:
    """The chunks before and after on the same page."""
    row = connection.execute("SELECT document, ordinal, page FROM chunks WHERE id = ?", (chunk_id,)).fetchone()
    if row is None:
        return None, None
    document, ordinal, number = row
    rows = connection.execute(
        f"{_CHUNK_COLUMNS} WHERE c.document = ? AND c.ordinal IN (?, ?) AND c.page = ?",
        (document, ordinal - 1, ordinal + 1, number),
    )
    around = {chunk.ordinal: chunk for chunk in _stored_chunks(connection, rows.fetchall())}
    return around.get(ordinal - 1), around.get(ordinal + 1)


def _stored_chunks(connection: Connection, rows: Sequence[Any]) -> Iterator[StoredChunk]:
    paths: dict[int, list[str]] = {}
    wanted = json.dumps(sorted({row[0] for row in rows}))
    for document, path in connection.execute(
        "SELECT document, path FROM files WHERE document IN (SELECT value FROM json_each(?)) ORDER BY path", (wanted,)
    ):
        paths.setdefault(document, []).append(path)
    for document, ordinal, page, start, end, text, headings, tokens, *besides in rows:
        above = tuple(json.loads(headings)) if headings else ()
        of_library = dict(zip(_OF_LIBRARY, besides, strict=True), paths=tuple(paths.get(document, ())))
        yield StoredChunk(ordinal, page, start, end, text, above, tokens, **of_library)


def passing_chunks(connection: Connection, filters: Filters) -> npt.NDArray[np.int64]:
    """Ids of the chunks of documents with at least one file that passes every filter, ascending."""
    conditions, arguments = ["f.document IS NOT NULL"], list[object]()
    if filters.folder:
        # Not LIKE: `%` and `_` are ordinary characters of file names.
        folder = filters.folder.rstrip("/\\") or filters.folder
        conditions.append("(f.path = ? OR substr(f.path, 1, ?) IN (?, ?))")
        arguments += [folder, len(folder) + 1, folder + "/", folder + "\\"]
    if filters.media_types:
        conditions.append("d.media_type IN (SELECT value FROM json_each(?))")
        arguments.append(json.dumps(filters.media_types))
    if filters.modified_from_ns is not None:
        conditions.append("f.modified_ns >= ?")
        arguments.append(filters.modified_from_ns)
    if filters.modified_to_ns is not None:
        conditions.append("f.modified_ns <= ?")
        arguments.append(filters.modified_to_ns)
    rows = connection.execute(
        "SELECT id FROM chunks WHERE document IN (SELECT f.document FROM files f"
        f" JOIN documents d ON d.id = f.document WHERE {' AND '.join(conditions)})",
        arguments,
    )
    return np.sort(np.fromiter((chunk for (chunk,) in rows), dtype=np.int64))
