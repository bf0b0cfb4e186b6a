"""Opens the database of a library for reading or writing: key, lock, version, migrations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rag_core.errors import LibraryMissing, LibraryTooOld, StorageFull
from rag_core.index import documents, meta, migrations
from rag_core.index.writer_lock import WriterLock
from rag_core.storage.connection import DATABASE_FILE, Connection, connect, plain_words, prepare_writing, transaction
from rag_core.storage.keys import KeySource
from rag_core.text.search_tokens import TOKENS_VERSION


@dataclass(frozen=True, slots=True)
class Opened:
    """An open database. `lock` is None for a reader."""

    connection: Connection
    lock: WriterLock | None
    encrypted: bool


def open_database(folder: Path, key_source: KeySource, *, create: bool, read_only: bool, created_with: str) -> Opened:
    """See `Store.open`, which passes everything on."""
    try:
        return _open(folder, key_source, create, read_only, created_with)
    except LibraryTooOld:  # a reader cannot bring it up to date
        writer = _open(folder, key_source, create=False, read_only=False, created_with=created_with)
        writer.connection.close()
        if writer.lock is not None:
            writer.lock.release()
        return _open(folder, key_source, create, read_only, created_with)


def _open(folder: Path, key_source: KeySource, create: bool, read_only: bool, created_with: str) -> Opened:
    path = folder / DATABASE_FILE
    if not path.is_file() and (read_only or not create):
        raise LibraryMissing(f"There is no library in {folder}.", "Check the name, or add documents to create it.")
    key = key_source.key(folder)
    lock = None if read_only else _lock(folder)
    try:
        with plain_words(folder):
            connection = connect(path, key, read_only=read_only, create=create)
            try:
                _bring_up_to_date(connection, folder, read_only=read_only, created_with=created_with)
            except BaseException:
                connection.close()
                raise
    except BaseException:
        if lock is not None:
            lock.release()
        raise
    return Opened(connection, lock, key is not None)


def _lock(folder: Path) -> WriterLock:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return WriterLock(folder)
    except OSError as error:
        raise StorageFull(
            f"The library folder {folder} cannot be written to ({error.strerror}).",
            "Check its permissions and the free space, or choose another folder.",
        ) from error


def _bring_up_to_date(connection: Connection, folder: Path, *, read_only: bool, created_with: str) -> None:
    migrations.check_not_newer(connection, folder)
    if read_only:
        migrations.require_current(connection, folder)
        return
    prepare_writing(connection, new=migrations.schema_version(connection) == 0)
    migrations.migrate(connection)
    if not meta.get(connection, "vector_epoch"):
        with transaction(connection):
            meta.put(connection, "created_with", created_with)
            meta.put(connection, "tokens_version", TOKENS_VERSION)
            meta.new_vector_epoch(connection)
    elif meta.get(connection, "tokens_version") != TOKENS_VERSION:
        with transaction(connection):
            documents.rebuild_lexical(connection)
            meta.put(connection, "tokens_version", TOKENS_VERSION)
