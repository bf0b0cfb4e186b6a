"""The schema, as numbered steps. A step is never edited once released; a change is a new step.

Every released version's library stays as a fixture under tests, so that each step is proved for ever.
"""

from __future__ import annotations

from pathlib import Path

from rag_core.errors import LibraryTooNew, LibraryTooOld
from rag_core.storage.connection import LIBRARY, Connection, transaction

_STEP_1 = (
    "CREATE TABLE index_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # Content, by the SHA-256 of the file's bytes. `id` stands for it in the other tables: 64 hex digits are long.
    """CREATE TABLE documents (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        document_id TEXT NOT NULL UNIQUE,
        media_type TEXT NOT NULL,
        title TEXT NOT NULL,
        warnings TEXT NOT NULL,
        page_count INTEGER NOT NULL,
        chunk_count INTEGER NOT NULL
    )""",
    # Places where content was seen; a file that could not be read has a reason instead of a document.
    """CREATE TABLE files (
        path TEXT PRIMARY KEY,
        document INTEGER REFERENCES documents(id),
        size_bytes INTEGER NOT NULL,
        modified_ns INTEGER NOT NULL,
        reason TEXT NOT NULL DEFAULT '',
        CHECK ((document IS NULL) = (reason <> ''))
    ) WITHOUT ROWID""",
    "CREATE INDEX files_of_document ON files(document)",
    # `layout` last: reading the text does not touch it.
    """CREATE TABLE pages (
        document INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        label TEXT NOT NULL,
        width REAL NOT NULL,
        height REAL NOT NULL,
        needs_ocr INTEGER NOT NULL,
        text TEXT NOT NULL,
        layout BLOB NOT NULL,
        PRIMARY KEY (document, number)
    )""",
    # The text of a chunk is a slice of its page and is not stored again. AUTOINCREMENT: an id is never given twice,
    # so that a vector index which missed a removal cannot show the wrong text.
    """CREATE TABLE chunks (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        document INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
        ordinal INTEGER NOT NULL,
        page INTEGER NOT NULL,
        char_start INTEGER NOT NULL,
        char_end INTEGER NOT NULL,
        token_count INTEGER NOT NULL,
        embedded INTEGER NOT NULL DEFAULT 0,
        headings TEXT NOT NULL,
        UNIQUE (document, ordinal),
        FOREIGN KEY (document, page) REFERENCES pages(document, number) DEFERRABLE INITIALLY DEFERRED
    )""",
    "CREATE INDEX chunks_without_vector ON chunks(document, ordinal) WHERE embedded = 0",
    """CREATE TABLE vectors (
        chunk INTEGER PRIMARY KEY REFERENCES chunks(id) ON DELETE CASCADE,
        vector BLOB NOT NULL
    )""",
    # Contentless: the words only. Removal gives the words back to FTS5 ('delete').
    """CREATE VIRTUAL TABLE lexical USING fts5(
        heading, body, content='',
        tokenize="porter unicode61 remove_diacritics 2 categories 'L* N* Co M*'"
    )""",
)

Steps = tuple[tuple[str, ...], ...]

STEPS: Steps = (_STEP_1,)
SCHEMA_VERSION = len(STEPS)


def schema_version(connection: Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_not_newer(connection: Connection, folder: Path, steps: Steps = STEPS, holding: str = LIBRARY) -> None:
    """Raises LibraryTooNew before anything is written."""
    version = schema_version(connection)
    if version > len(steps):
        raise LibraryTooNew(
            f"The {holding} in {folder} was made by a newer Alcove (format {version}; this one knows {len(steps)}).",
            "Update Alcove, or choose another library. Nothing was changed.",
        )


def migrate(connection: Connection, steps: Steps = STEPS) -> None:
    """Bring the schema up to date, one transaction per step."""
    for number in range(schema_version(connection), len(steps)):
        with transaction(connection):
            for statement in steps[number]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number + 1}")


def require_current(connection: Connection, folder: Path, steps: Steps = STEPS, holding: str = LIBRARY) -> None:
    """For readers, which cannot migrate. Raises LibraryTooOld."""
    if schema_version(connection) < len(steps):
        raise LibraryTooOld(
            f"The {holding} in {folder} has an older format.",
            "Once it is opened where it can be written to, it is brought up to date.",
        )
