"""A kind of database: what messages call it, and its tables as numbered steps.

A step is never edited once released; a change is a new step. Every released version's file stays as a fixture under
tests, so that each step is proved for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rag_core.errors import LibraryTooNew, LibraryTooOld
from rag_core.messages import Message, say
from rag_core.storage.connection import Connection, prepare_writing, transaction

Step = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """`title` is what messages call such a file, `after_damage` what to do with a damaged one."""

    title: Message
    after_damage: Message
    steps: tuple[Step, ...]

    @property
    def version(self) -> int:
        """What a file has when all steps are done."""
        return len(self.steps)

    def bring_up_to_date(self, connection: Connection, folder: Path, *, read_only: bool) -> None:
        """One transaction per step. Raises LibraryTooNew before anything is written, and LibraryTooOld for readers,
        which cannot write.
        """
        version = version_of(connection)
        if version > self.version:
            raise LibraryTooNew(
                say("file-too-new", title=self.title, folder=str(folder), version=version, known=self.version),
                say("update-or-choose"),
            )
        if read_only:
            if version < self.version:
                raise LibraryTooOld(
                    say("file-too-old", title=self.title, folder=str(folder)), say("open-to-write-once")
                )
            return
        prepare_writing(connection, new=version == 0)
        for number in range(version, self.version):
            with transaction(connection):
                for statement in self.steps[number]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number + 1}")


def version_of(connection: Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
