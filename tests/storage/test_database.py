"""One mechanism opens every file of ours: steps in their order, each once, and never backwards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rag_core.errors import LibraryLocked, LibraryTooNew, LibraryTooOld, StorageFull
from rag_core.messages import literal
from rag_core.storage.database import Database
from rag_core.storage.schema import Schema, version_of

FIRST = ("CREATE TABLE birds (name TEXT NOT NULL)", "INSERT INTO birds VALUES ('wren')")
SECOND = ("ALTER TABLE birds ADD COLUMN weight INTEGER NOT NULL DEFAULT 9",)
OLD = Schema(literal("list of birds"), literal("Count them again."), (FIRST,))
NEW = replace(OLD, steps=(FIRST, SECOND))


def birds(database: Database) -> list[tuple[object, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute("SELECT * FROM birds")]


def test_a_file_goes_through_the_steps_that_it_has_not_seen(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "birds.db"
    with Database(path, OLD, read_only=False) as database:
        assert birds(database) == [("wren",)]
    with pytest.raises(LibraryTooOld, match="list of birds"):
        Database(path, NEW, read_only=True)
    for _ in range(2):
        with Database(path, NEW, read_only=False) as database:
            assert birds(database) == [("wren", 9)]
            assert version_of(database.connection) == NEW.version
    with Database(path, NEW, read_only=True) as database:
        assert birds(database) == [("wren", 9)]
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(LibraryTooNew, match="list of birds"):
            Database(path, OLD, read_only=read_only)
    assert path.read_bytes() == before


def test_a_step_that_fails_leaves_the_file_as_it_was_before_it(tmp_path: Path) -> None:
    path = tmp_path / "birds.db"
    Database(path, OLD, read_only=False).close()
    broken = replace(OLD, steps=(FIRST, ("DELETE FROM birds", "UPDATE bees SET x = 1")))
    with pytest.raises(Exception, match="bees"):
        Database(path, broken, read_only=False)
    with Database(path, NEW, read_only=False) as database:
        assert birds(database) == [("wren", 9)]


def add_half(database: Database) -> None:
    with database.writing() as connection:
        connection.execute("INSERT INTO birds VALUES ('owl')")
        raise ZeroDivisionError


def test_what_is_changed_happens_wholly_or_not_at_all(tmp_path: Path) -> None:
    with Database(tmp_path / "birds.db", OLD, read_only=False) as database:
        with pytest.raises(ZeroDivisionError):
            add_half(database)
        assert birds(database) == [("wren",)]


def test_one_writer_at_a_time_where_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "birds.db"
    with Database(path, OLD, read_only=False, one_writer=True):
        with pytest.raises(LibraryLocked, match="list of birds"):
            Database(path, OLD, read_only=False, one_writer=True)
        Database(path, OLD, read_only=True, one_writer=True).close()
    Database(path, OLD, read_only=False, one_writer=True).close()


def test_an_opening_that_fails_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "birds.db"
    Database(path, NEW, read_only=False).close()
    for _ in range(2):
        with pytest.raises(LibraryTooNew):
            Database(path, OLD, read_only=False, one_writer=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFull):
        Database(tmp_path / "file" / "birds.db", OLD, read_only=False)
