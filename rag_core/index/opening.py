"""Opens the database of a library for reading or writing, and keeps what is made from its tables up to date."""

from __future__ import annotations

from pathlib import Path

from rag_core import __version__
from rag_core.errors import LibraryMissing, LibraryTooOld
from rag_core.index import changing, meta
from rag_core.index.schema import DATABASE_FILE, LIBRARY
from rag_core.messages import say
from rag_core.storage.connection import Connection
from rag_core.storage.database import Database
from rag_core.text.search_tokens import TOKENS_VERSION


def open_database(folder: Path, key: bytes | None, *, read_only: bool) -> Database:
    """See `Store.open`, which passes everything on."""
    try:
        return _open(folder, key, read_only=read_only)
    except LibraryTooOld:  # a reader cannot bring it up to date
        _open(folder, key, read_only=False).close()
        return _open(folder, key, read_only=read_only)


def _open(folder: Path, key: bytes | None, *, read_only: bool) -> Database:
    path = folder / DATABASE_FILE
    if read_only and not path.is_file():
        raise LibraryMissing(say("no-library-in-folder", folder=str(folder)), say("check-name-or-add"))
    database = Database(path, LIBRARY, key, read_only=read_only, one_writer=True)
    if not read_only:
        try:
            with database.reading() as connection:
                fresh = meta.get(connection, "tokens_version") == TOKENS_VERSION
            if not fresh:
                with database.writing() as connection:
                    _make_anew(connection)
        except BaseException:
            database.close()
            raise
    return database


def _make_anew(connection: Connection) -> None:
    """A new library gets its facts; one of another way to make words of text, its keyword index."""
    if meta.get(connection, "vector_epoch"):
        changing.rebuild_lexical(connection)
    else:
        meta.put(connection, "created_with", f"alcove {__version__}")
        meta.new_vector_epoch(connection)
    meta.put(connection, "tokens_version", TOKENS_VERSION)
