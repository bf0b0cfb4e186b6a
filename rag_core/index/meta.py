"""`index_meta`: small facts about the library, above all what made its vectors."""

from __future__ import annotations

import secrets
from dataclasses import asdict, fields

from rag_core.errors import IndexMismatch
from rag_core.index.records import Identity
from rag_core.messages import joined, say
from rag_core.storage.connection import Connection


def get(connection: Connection, name: str, default: str = "") -> str:
    row = connection.execute("SELECT value FROM index_meta WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else default


def put(connection: Connection, name: str, value: str) -> None:
    connection.execute(
        "INSERT INTO index_meta(name, value) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def everything(connection: Connection) -> dict[str, str]:
    return {str(name): str(value) for name, value in connection.execute("SELECT name, value FROM index_meta")}


def bump_vectors(connection: Connection) -> None:
    """The set of vectors changed: a vector index with the number of before must catch up."""
    put(connection, "vector_generation", str(vector_state(connection)[1] + 1))


def new_vector_epoch(connection: Connection) -> None:
    """All vectors are void: nothing of an older vector index may be used, whatever its numbers."""
    put(connection, "vector_epoch", secrets.token_hex(8))
    bump_vectors(connection)


def vector_state(connection: Connection) -> tuple[str, int]:
    """(epoch, generation): what a vector index must carry to be up to date. See `dense`."""
    return get(connection, "vector_epoch"), int(get(connection, "vector_generation", "0"))


def differences(connection: Connection, identity: Identity) -> list[str]:
    """The fields of `identity` that differ from the stored ones: none when it fits, or nothing was stored yet."""
    stored = everything(connection)
    return [
        field.name
        for field in fields(Identity)
        if field.name in stored and stored[field.name] != str(getattr(identity, field.name))
    ]


def put_identity(connection: Connection, identity: Identity) -> None:
    for name, value in asdict(identity).items():
        put(connection, name, str(value))


def mismatch(names: list[str]) -> IndexMismatch:
    """What to raise for these fields of an identity."""
    parts = [say("library-of-another-embedder")] if set(names) - {"chunker_version"} else []
    if "chunker_version" in names:
        parts.append(say("library-cut-otherwise"))
    return IndexMismatch(joined((*parts, say("library-to-be-rebuilt"))))
