"""Opens a database, and turns SQLite's errors into words that a person understands. `title` is what they call it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag_core.errors import LibraryLocked, StorageFull, UserError
from rag_core.messages import Message, say

KEY_BYTES = 32
BUSY_TIMEOUT_MS = 5000

# sqlcipher3 ships no types; a connection is named by this.
Connection = Any

_PLAIN_HEADER = b"SQLite format 3\x00"
_BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _NOTADB = 5, 6, 8, 10, 11, 13, 14, 26


def connect(path: Path, key: bytes | None, title: Message, *, read_only: bool) -> Connection:
    """Open (or, for writing, create) the database at `path`; autocommit, so that transactions are only where we say so.

    `key` has 32 bytes and is used as it is (AES-256, no stretching); None: not encrypted. Raises LibraryLocked for a
    wrong or missing key, UserError for a file that is no database.
    """
    connection = _open(path, _open_mode(path, read_only=read_only))
    try:
        _prepare(connection, path, key, title, read_only=read_only)
    except BaseException:
        connection.close()
        raise
    return connection


def _open(path: Path, query: str) -> Connection:
    from sqlcipher3 import dbapi2

    # One thread at a time uses a connection, but not always the one that opened it: the engine thread may be replaced.
    return dbapi2.connect(
        f"{path.absolute().as_uri()}?{query}",
        uri=True,
        isolation_level=None,
        timeout=BUSY_TIMEOUT_MS / 1000,
        check_same_thread=False,
        cached_statements=256,
    )


def _open_mode(path: Path, *, read_only: bool) -> str:
    """Readers write the small file beside the database by which they and a writer keep out of each other's way.

    Where that is not possible (a read-only disk) nobody else writes either: immutable, unless a log waits to be read.
    """
    if not read_only:
        return "mode=rwc"
    if _writable(path) and _writable(path.parent):
        return "mode=rw"
    log = path.with_name(f"{path.name}-wal")
    return "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK)


def _prepare(connection: Connection, path: Path, key: bytes | None, title: Message, *, read_only: bool) -> None:
    connection.execute("PRAGMA cipher_log_level = NONE")
    if key is not None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(key)}")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    _prove_readable(connection, path, key, title)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -32768")
    connection.execute("PRAGMA recursive_triggers = OFF")
    if read_only:
        connection.execute("PRAGMA query_only = ON")


def prepare_writing(connection: Connection, *, new: bool) -> None:
    """Settings that change the file: to be called when it is known that this program may write it."""
    if new:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    # NORMAL in WAL: a power cut may lose the last documents, never half of one.
    connection.execute("PRAGMA synchronous = NORMAL")


def _prove_readable(connection: Connection, path: Path, key: bytes | None, title: Message) -> None:
    from sqlcipher3 import dbapi2

    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except dbapi2.DatabaseError as error:
        if _code(error) != _NOTADB:
            raise
        with path.open("rb") as file:
            plain = file.read(len(_PLAIN_HEADER)) == _PLAIN_HEADER
        folder = str(path.parent)
        if plain and key is not None:
            message, advice = say("file-not-encrypted", title=title, folder=folder), say("open-without-key")
        elif key is not None:
            message, advice = say("file-of-another-key", title=title, folder=folder), say("give-its-own-key")
        else:
            message, advice = say("file-encrypted", title=title, folder=folder), say("give-key-or-choose")
        raise LibraryLocked(message, advice) from error


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """All or nothing. Takes the write lock at once, so that it cannot fail half-way for another writer."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk has already rolled back on its own.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def plain_words(folder: Path, title: Message, after_damage: Message) -> Iterator[None]:
    """Translate SQLite's and the system's storage errors into UserErrors; bugs of ours pass through."""
    from sqlcipher3 import dbapi2

    try:
        yield
    except dbapi2.DatabaseError as error:
        translated = _translate(error, folder, title, after_damage)
        if translated is None:
            raise
        raise translated from error


def _translate(error: BaseException, folder: Path, title: Message, after_damage: Message) -> UserError | None:
    code, place = _code(error), str(folder)
    if code == _FULL:
        return StorageFull(say("disk-full", title=title, folder=place), say("free-space-and-try"))
    if code in (_READONLY, _CANTOPEN):
        return StorageFull(say("file-not-writable", title=title, folder=place), say("check-folder-or-choose"))
    if code == _IOERR:
        return StorageFull(say("disk-errors", title=title, folder=place, reason=str(error)), say("check-disk"))
    if code in (_BUSY, _LOCKED):
        return LibraryLocked(say("file-in-use", title=title, folder=place), say("wait-and-try"))
    if code in (_CORRUPT, _NOTADB):
        return UserError(say("file-damaged", title=title, folder=place, reason=str(error)), after_damage)
    return None


def is_denied(error: BaseException) -> bool:
    """Whether SQLite refused to write (busy, locked, read-only), rather than found something wrong."""
    return _code(error) in (_BUSY, _LOCKED, _READONLY)


def _code(error: BaseException) -> int:
    """SQLite's primary result code (the extended code's low byte), 0 when there is none."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
