"""Conversations are kept, found again, and gone when deleted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_core.conversations.answer_json import UnknownForm, answer_from_json, answer_to_json
from rag_core.conversations.records import Turn
from rag_core.conversations.schema import CONVERSATIONS_FILE
from rag_core.conversations.store import ConversationStore
from rag_core.errors import LibraryLocked, LibraryTooNew, StorageFull, UserError
from rag_core.messages import literal
from rag_core.types import Answer, Citation, Filters, Passage, Quote, SentenceCheck
from tests.conversations.builders import answer, passage, turn

SECRET = "Quetzalcoatl"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ConversationStore]:
    with ConversationStore(tmp_path / CONVERSATIONS_FILE) as opened:
        yield opened


def test_what_was_saved_comes_back_after_a_restart(tmp_path: Path) -> None:
    with ConversationStore(tmp_path / CONVERSATIONS_FILE) as store:
        made = store.create("Notice periods")
        narrowed = Filters("/docs", ("application/pdf",), 1, None)
        kept = [
            store.save_turn(made.conversation_id, turn("How long?")),
            store.save_turn(made.conversation_id, Turn(0, "And then?", 5, stopped=True, filters=narrowed)),
            store.save_turn(
                made.conversation_id, Turn(0, "日本は？", 6, problem=literal("The disk was full."), feedback="up")
            ),
        ]
    with ConversationStore(tmp_path / CONVERSATIONS_FILE) as store:
        assert list(store.turns(made.conversation_id)) == kept
        (listed,) = store.list()
        assert (listed.title, listed.turns, listed.created_ns) == ("Notice periods", 3, made.created_ns)
        assert listed.updated_ns > made.updated_ns


def test_the_latest_comes_first_and_a_new_title_changes_no_place(store: ConversationStore) -> None:
    first, second = store.create("first"), store.create("second")
    assert [kept.title for kept in store.list()] == ["second", "first"]
    store.save_turn(first.conversation_id, turn())
    store.rename(second.conversation_id, "other")
    assert [kept.title for kept in store.list()] == ["first", "other"]


def test_an_unfinished_turn_is_replaced_by_the_finished_one(store: ConversationStore) -> None:
    made = store.create("x")
    begun = store.save_turn(made.conversation_id, Turn(0, "How long?", 5))
    done = store.save_turn(made.conversation_id, replace(begun, answer=turn().answer))
    assert list(store.turns(made.conversation_id)) == [done]
    store.set_feedback(done.turn_id, "down")
    assert [kept.feedback for kept in store.turns(made.conversation_id)] == ["down"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"Leave", "就業規則", "Empty"}),
        ("LEAVE", {"Leave"}),
        ("thirty DAYS", {"Leave"}),
        ("notice leave", {"Leave"}),  # one word in a question, one in the title
        ("thirty 有給", set()),
        ("有給休暇", {"就業規則"}),
        ("ﾃﾚﾜｰｸ", {"就業規則"}),  # half-width finds full-width
        ("ＡＢＣ", {"就業規則"}),
        ("%", set()),
        ("_", set()),
        ("straße", {"Empty"}),
    ],
)
def test_a_search_looks_in_titles_questions_and_answers(store: ConversationStore, query: str, found: set[str]) -> None:
    leave = store.create("Leave").conversation_id
    store.save_turn(leave, turn("What is the notice?", "Thirty days. "))
    rules = store.create("就業規則").conversation_id
    store.save_turn(rules, turn("有給休暇は何日ですか", "テレワークの日はabc。"))
    store.save_turn(store.create("Empty").conversation_id, Turn(0, "Wo ist die STRASSE?", 1))
    assert {kept.title for kept in store.list(query)} == found


def test_an_edited_question_forgets_what_followed(store: ConversationStore) -> None:
    made, other = store.create("a").conversation_id, store.create("b").conversation_id
    turns = [store.save_turn(made, turn(f"{number}?")) for number in range(4)]
    kept = store.save_turn(other, turn("kept?"))
    store.delete_turns(made, turns[2].turn_id)
    again = store.save_turn(made, turn("new?"))
    assert [one.question for one in store.turns(made)] == ["0?", "1?", "new?"]
    assert again.turn_id > turns[3].turn_id
    assert list(store.turns(other)) == [kept]


def test_a_long_conversation_is_read_beside_other_work(store: ConversationStore) -> None:
    made = store.create("long").conversation_id
    for number in range(120):
        store.save_turn(made, turn(f"{number}?"))
    reading = store.turns(made)
    assert next(reading).question == "0?"
    store.create("meanwhile")
    assert [one.question for one in reading] == [f"{number}?" for number in range(1, 120)]


def test_saving_into_what_was_deleted_says_so(store: ConversationStore) -> None:
    made = store.create("x").conversation_id
    begun = store.save_turn(made, turn())
    store.delete_turns(made, begun.turn_id)
    with pytest.raises(UserError, match="not in the conversation"):
        store.save_turn(made, begun)
    store.delete(made)
    with pytest.raises(UserError, match="not there any more"):
        store.save_turn(made, turn())
    with pytest.raises(UserError, match="not there any more"):
        store.rename(made, "y")


def test_nothing_of_what_is_deleted_stays_in_the_files(tmp_path: Path) -> None:
    def kept_on_disk() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.iterdir())

    with ConversationStore(tmp_path / CONVERSATIONS_FILE) as store:
        for _ in range(30):
            store.save_turn(store.create("other").conversation_id, turn())
        titled = store.create(f"about {SECRET}").conversation_id
        store.rename(titled, "harmless")
        assert SECRET.encode() not in kept_on_disk()
        ended = store.save_turn(titled, turn(f"Who is {SECRET}?", SECRET * 50, SECRET * 500))
        assert SECRET.encode() in kept_on_disk()
        store.delete_turns(titled, ended.turn_id)
        assert SECRET.encode() not in kept_on_disk()
        assert SECRET.casefold().encode() not in kept_on_disk()
        store.save_turn(titled, turn(f"Who is {SECRET}?"))
        store.delete(titled)
        assert SECRET.encode() not in kept_on_disk()
        assert len(store.list()) == 30


def test_an_answer_of_another_form_costs_its_turn_alone(store: ConversationStore) -> None:
    made = store.create("x").conversation_id
    odd, well = store.save_turn(made, turn("odd?")), store.save_turn(made, turn("well?"))
    for stored in ('{"form":2,"text":"x"}', "{", "[]", '{"form":1}', "null"):
        store.connection.execute("UPDATE turns SET answer = ? WHERE id = ?", (stored, odd.turn_id))
        first, second = store.turns(made)
        assert (first.question, first.answer) == ("odd?", None)
        assert "another version" in str(first.problem)
        assert second == well


def test_text_that_is_not_quite_text_is_kept_as_well_as_can_be(store: ConversationStore) -> None:
    made = store.create("half \ud83d").conversation_id
    odd = answer("q\ud83d", "a\x00b\ud83d", passage(1, "p\ud83d\u2028"))
    kept = store.save_turn(made, Turn(0, "q\ud83d", 1, odd))
    assert list(store.turns(made)) == [kept]
    assert kept.answer == odd


def test_an_encrypted_file_wants_its_key(tmp_path: Path) -> None:
    path = tmp_path / CONVERSATIONS_FILE
    with ConversationStore(path, b"k" * 32) as store:
        store.create(SECRET)
    assert SECRET.encode() not in path.read_bytes()
    with pytest.raises(LibraryLocked, match="conversation file"):
        ConversationStore(path)
    with ConversationStore(path, b"k" * 32) as store:
        assert [kept.title for kept in store.list()] == [SECRET]


def test_a_file_of_a_newer_program_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / CONVERSATIONS_FILE
    with ConversationStore(path) as store:
        store.connection.execute("PRAGMA user_version = 9")
    before = path.read_bytes()
    with pytest.raises(LibraryTooNew):
        ConversationStore(path)
    assert path.read_bytes() == before


def test_damage_is_said_in_plain_words(tmp_path: Path) -> None:
    path = tmp_path / CONVERSATIONS_FILE
    with ConversationStore(path) as store:
        store.create("x")
    path.write_bytes(path.read_bytes()[:100] + b"\x07" * 20_000)
    with pytest.raises(UserError, match="conversation"):
        ConversationStore(path).list()


def test_where_nothing_can_be_written_reading_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / CONVERSATIONS_FILE
    with ConversationStore(path) as store:
        store.create("x")
    monkeypatch.setattr(os, "access", lambda _, mode: not mode & os.W_OK)
    with ConversationStore(path) as store:
        assert [kept.title for kept in store.list()] == ["x"]
        with pytest.raises(StorageFull):
            store.create("y")


def test_a_folder_that_cannot_be_made_is_said_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFull):
        ConversationStore(tmp_path / "file" / CONVERSATIONS_FILE)


_TEXT = st.text(st.characters(), max_size=20)
_NUMBER = st.integers(0, 2**53)
_SCORE = st.none() | st.floats(allow_nan=False)
_PASSAGES = st.builds(
    Passage, _NUMBER, st.lists(_NUMBER, max_size=3).map(tuple), _TEXT, _TEXT, _TEXT, _NUMBER, _TEXT, _NUMBER, _NUMBER,
    _TEXT, st.lists(_TEXT, max_size=2).map(tuple), _SCORE, _SCORE, st.floats(allow_nan=False), _SCORE,
)  # fmt: skip
_BY = st.sampled_from(("reader", "words"))
_CHECKS = st.builds(SentenceCheck, _NUMBER, _NUMBER, st.booleans(), _BY, _SCORE, st.none() | _NUMBER)
_ANSWERS = st.builds(
    Answer,
    _TEXT,
    _TEXT,
    st.booleans(),
    st.lists(_PASSAGES, max_size=3).map(tuple),
    st.lists(st.builds(Citation, *[_NUMBER, _TEXT, *[_NUMBER] * 5]), max_size=3).map(tuple),
    st.floats(allow_nan=False),
    st.lists(st.tuples(_NUMBER, _NUMBER), max_size=3).map(tuple),
    st.dictionaries(_TEXT, st.floats(allow_nan=False), max_size=3),
    st.dictionaries(_TEXT, _TEXT, max_size=3),
    st.dictionaries(_TEXT, _TEXT, max_size=3),
    st.dictionaries(_TEXT, _NUMBER, max_size=3),
    st.booleans(),
    st.none() | st.builds(Quote, _NUMBER, _TEXT, *[_NUMBER] * 5, _SCORE),
    checks=st.lists(_CHECKS, max_size=2).map(tuple),
)


@given(_ANSWERS)
def test_every_answer_comes_back_exactly(original: Answer) -> None:
    text = answer_to_json(original)
    text.encode()  # it can be written
    assert answer_from_json(text) == original


@given(st.text(max_size=40))
def test_no_stored_text_does_harm(text: str) -> None:
    with pytest.raises(UnknownForm):
        answer_from_json(text)
