"""Conversations of every released schema version open, are brought up to date and lose nothing.

`fixtures/schema_N.db` is a file as the program of that version wrote it, never written again. The current version's is
made by `python -m tests.conversations.test_old_conversations`.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from rag_core.conversations.records import Turn
from rag_core.conversations.schema import CONVERSATIONS, CONVERSATIONS_FILE
from rag_core.conversations.store import ConversationStore
from rag_core.messages import literal
from rag_core.types import Filters
from tests.conversations.builders import turn

FIXTURES = Path(__file__).parent / "fixtures"
TURNS = (
    turn("有給休暇は何日ですか"),
    Turn(0, "Stopped?", 5, stopped=True, filters=Filters("/docs", ("application/pdf",), None, 9)),
    Turn(0, "Broken?", 6, problem=literal("The disk is full."), feedback="down"),
)


NOTICES = ("Searching by words only.", "Another.")  # kept since version 2


def turns_of(version: int) -> tuple[Turn, ...]:
    return TURNS if version < 2 else (replace(TURNS[0], notices=tuple(map(literal, NOTICES))), *TURNS[1:])


def test_every_version_has_its_fixture() -> None:
    assert {path.name for path in FIXTURES.iterdir()} == {f"schema_{n}.db" for n in range(1, CONVERSATIONS.version + 1)}


@pytest.mark.parametrize("version", range(1, CONVERSATIONS.version + 1))
def test_old_conversations_are_whole_in_this_version(tmp_path: Path, version: int) -> None:
    path = tmp_path / CONVERSATIONS_FILE
    shutil.copyfile(FIXTURES / f"schema_{version}.db", path)
    with ConversationStore(path) as store:
        (kept,) = store.list("有給")
        assert kept.title == "休暇"
        assert tuple(replace(kept, turn_id=0) for kept in store.turns(kept.conversation_id)) == turns_of(version)


def write_fixture(path: Path) -> None:
    with ConversationStore(path) as store:
        made = store.create("休暇").conversation_id
        for kept in turns_of(CONVERSATIONS.version):
            store.save_turn(made, kept)


if __name__ == "__main__":
    target = FIXTURES / f"schema_{CONVERSATIONS.version}.db"
    target.parent.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    write_fixture(target)
