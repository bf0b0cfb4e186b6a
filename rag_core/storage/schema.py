"""A kind of database: what messages call it, and its tables as numbered steps.

A step is never edited once released; a change is a new step. Every released version's file stays as a fixture under
tests, so that each step is proved for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rag_core.errors import LibraryTooNew, LibraryTooOld
from rag_core.messages import Message, say
from rag_core.storage.connection import Connection, transaction

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

    def check_not_newer(self, connection: Connection, folder: Path) -> None:
        """Raises LibraryTooNew before anything is written."""
        version = version_of(connection)
        if version > self.version:
            raise LibraryTooNew(
                say("file-too-new", title=self.title, folder=str(folder), version=version, known=self.version),
                say("update-or-choose"),
            )

    def require_current(self, connection: Connection, folder: Path) -> None:
        """For readers, which cannot migrate. Raises LibraryTooOld."""
        if version_of(connection) < self.version:
            raise LibraryTooOld(say("file-too-old", title=self.title, folder=str(folder)), say("open-to-write-once"))

    def migrate(self, connection: Connection) -> None:
        """Bring the file up to date, one transaction per step."""
        for number in range(version_of(connection), self.version):
            with transaction(connection):
                for statement in self.steps[number]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number + 1}")


def version_of(connection: Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
