"""Opens the database of a library, and turns SQLite's errors into words that a person understands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag_core.errors import LibraryLocked, StorageFull, UserError
from rag_core.storage.keys import KEY_BYTES

DATABASE_FILE = "library.db"
BUSY_TIMEOUT_MS = 5000
LIBRARY = "library"
CONVERSATIONS = "conversation file"

# sqlcipher3 ships no types; a connection is used in this package only, through this name.
Connection = Any

_PLAIN_HEADER = b"SQLite format 3\x00"
_AFTER_DAMAGE = {
    LIBRARY: "Move the folder away and add the documents again; the documents themselves are not touched.",
    CONVERSATIONS: "Move the file “conversations.db” out of that folder to begin anew; the documents are not affected.",
}
_BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _NOTADB = 5, 6, 8, 10, 11, 13, 14, 26


def connect(path: Path, key: bytes | None, *, read_only: bool, create: bool, holding: str = LIBRARY) -> Connection:
    """Open (or create) the database at `path`; autocommit, so that transactions are only where we say so.

    `holding` is what messages call the file. Raises LibraryLocked for a wrong or missing key, UserError for a file that
    is no database.
    """
    connection = _open(path, _open_mode(path, read_only=read_only, create=create))
    try:
        _prepare(connection, path, key, read_only=read_only, holding=holding)
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


def _open_mode(path: Path, *, read_only: bool, create: bool) -> str:
    """Readers write the small file beside the database by which they and a writer keep out of each other's way.

    Where that is not possible (a read-only disk) nobody else writes either: immutable, unless a log waits to be read.
    """
    if not read_only:
        return "mode=rwc" if create else "mode=rw"
    if _writable(path) and _writable(path.parent):
        return "mode=rw"
    log = path.with_name(f"{path.name}-wal")
    return "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK)


def _prepare(connection: Connection, path: Path, key: bytes | None, *, read_only: bool, holding: str) -> None:
    connection.execute("PRAGMA cipher_log_level = NONE")
    if key is not None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a library key has {KEY_BYTES} bytes, not {len(key)}")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    _prove_readable(connection, path, key, holding)
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


def _prove_readable(connection: Connection, path: Path, key: bytes | None, holding: str) -> None:
    from sqlcipher3 import dbapi2

    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except dbapi2.DatabaseError as error:
        if _code(error) != _NOTADB:
            raise
        with path.open("rb") as file:
            plain = file.read(len(_PLAIN_HEADER)) == _PLAIN_HEADER
        if plain and key is not None:
            message, advice = "is not encrypted, but a key was given for it", "Open it without a key."
        elif key is not None:
            message, advice = "is encrypted with another key", "Give the key or passphrase it was made with."
        else:
            message, advice = (
                f"is encrypted, or is not a {holding}",
                "Give its key or passphrase, or choose another folder.",
            )
        raise LibraryLocked(f"The {holding} in {path.parent} {message}.", advice) from error


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
def plain_words(folder: Path, holding: str = LIBRARY) -> Iterator[None]:
    """Translate SQLite's and the system's storage errors into UserErrors; bugs of ours pass through."""
    from sqlcipher3 import dbapi2

    try:
        yield
    except dbapi2.DatabaseError as error:
        translated = _translate(error, folder, holding)
        if translated is None:
            raise
        raise translated from error


def _translate(error: BaseException, folder: Path, holding: str) -> UserError | None:
    code = _code(error)
    if code == _FULL:
        return StorageFull(
            f"The disk that holds the {holding} in {folder} is full. Only the last change was not stored.",
            "Free some space and try again.",
        )
    if code in (_READONLY, _CANTOPEN):
        return StorageFull(
            f"The {holding} in {folder} cannot be written to.",
            "Check the permissions of the folder, or choose another one.",
        )
    if code == _IOERR:
        return StorageFull(
            f"The disk that holds the {holding} in {folder} reports errors ({error}).",
            "Check the disk or its connection, then try again.",
        )
    if code in (_BUSY, _LOCKED):
        return LibraryLocked(
            f"Another program is using the {holding} in {folder}.", "Wait until it has finished and try again."
        )
    if code in (_CORRUPT, _NOTADB):
        return UserError(
            f"The {holding} in {folder} is damaged ({error}).",
            _AFTER_DAMAGE[holding],
        )
    return None


def is_denied(error: BaseException) -> bool:
    """Whether SQLite refused to write (busy, locked, read-only), rather than found something wrong."""
    return _code(error) in (_BUSY, _LOCKED, _READONLY)


def _code(error: BaseException) -> int:
    """SQLite's primary result code (the extended code's low byte), 0 when there is none."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
