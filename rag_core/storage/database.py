"""One SQLite file, open and up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from rag_core.errors import LibraryLocked, StorageFull
from rag_core.messages import Message, say
from rag_core.storage.connection import Connection, connect, plain_words, transaction
from rag_core.storage.file_lock import FileLock
from rag_core.storage.schema import Schema


class Database:
    """The file at `path`, which a writer makes when it is missing. One thread at a time.

    `one_writer` lets one writer at a time in, across processes, and readers beside it. Errors of storage arrive as
    UserErrors: StorageFull (cannot be written), LibraryLocked (a second writer, a wrong key), LibraryTooNew (nothing is
    touched), LibraryTooOld (a reader cannot bring it up to date).
    """

    def __init__(
        self, path: Path, schema: Schema, key: bytes | None = None, *, read_only: bool, one_writer: bool = False
    ) -> None:
        self.path = path
        self.read_only = read_only
        self.encrypted = key is not None
        self._schema = schema
        with ExitStack() as opened:
            if not read_only and (lock := _prepare(path, schema, one_writer)) is not None:
                opened.callback(lock.release)
            with plain_words(path.parent, schema.title, schema.after_damage):
                self.connection = connect(path, key, schema.title, read_only=read_only)
                opened.callback(self.connection.close)
                schema.bring_up_to_date(self.connection, path.parent, read_only=read_only)
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Safe to call twice."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with plain_words(self.path.parent, self._schema.title, self._schema.after_damage):
            yield self.connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: what is done in it happens wholly, or (after an error) not at all."""
        with self.reading() as connection, transaction(connection):
            yield connection

    def leave_no_trace(self) -> None:
        """What was deleted is overwritten in the file already. Give its pages back, and empty the write-ahead log,
        which may still hold a copy.
        """
        with self.reading() as connection:
            connection.execute("PRAGMA incremental_vacuum").fetchall()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _prepare(path: Path, schema: Schema, one_writer: bool) -> FileLock | None:
    """What a writer needs before there is a file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return lock_for_writing(path, schema.title) if one_writer else None
    except OSError as error:
        raise StorageFull(
            say("folder-not-writable", folder=str(path.parent), reason=error.strerror or str(error)),
            say("check-space-or-choose"),
        ) from error


def lock_for_writing(path: Path, title: Message) -> FileLock:
    """One writer per file, across processes, until whoever asked releases it. Readers take no lock: SQLite's WAL lets
    them read beside a writer. `title` is what messages call the file.

    Raises LibraryLocked when another process, or this one, holds it; OSError where nothing can be written.
    """
    lock = FileLock(path.with_suffix(".lock"))
    if not lock.acquire():
        raise LibraryLocked(say("file-being-changed", title=title, folder=str(path.parent)), say("wait-or-close"))
    return lock
