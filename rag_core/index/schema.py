"""The tables of a library. A step is never edited once released; a change is a new step, and a new fixture."""

from __future__ import annotations

from rag_core.messages import say
from rag_core.storage.schema import Schema, Step

DATABASE_FILE = "library.db"

_STEP_1: Step = (
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
# Empty where nobody knows it, and of documents that were added before it was asked for.
_STEP_2 = ("ALTER TABLE documents ADD COLUMN language TEXT NOT NULL DEFAULT ''",)

# What the pages of a document are called. It stands with the document: a column behind the text of a page costs the
# reading of the text. Word documents count as parts: what is stored does not say whether Word knew their pages.
_STEP_3: Step = (
    "ALTER TABLE documents ADD COLUMN place TEXT NOT NULL DEFAULT ''",
    """UPDATE documents SET place = CASE
        WHEN media_type = 'application/pdf' THEN 'page'
        WHEN media_type LIKE '%presentation' THEN 'slide'
        WHEN media_type LIKE '%sheet' OR media_type LIKE 'application/vnd.ms-excel%' THEN 'sheet'
        WHEN page_count > 1 THEN 'part'
        ELSE ''
    END""",
)

LIBRARY = Schema(
    say("the-library"),
    say("after-library-damage"),
    steps=(_STEP_1, _STEP_2, _STEP_3),
)
