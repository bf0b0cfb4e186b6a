from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_core.answer.citations import GroundedStream
from rag_core.types import Passage

LEAVE = "Every member of staff has 25 days of annual leave. Leave that is left over lapses on 31 March."
ROOMS = "The Oak Room seats 12 people. It is booked at reception."
JAPANESE = "年次有給休暇は年20日とする。繰り越しは翌年度末までとする。"


def passages() -> list[Passage]:
    return [
        Passage(rank, (rank,), f"d{rank}", f"/{rank}.txt", "", 3, "", 100, 100 + len(text), text)
        for rank, text in enumerate((LEAVE, ROOMS, JAPANESE), 1)
    ]


def ground(*pieces: str) -> tuple[str, GroundedStream]:
    stream = GroundedStream(passages())
    shown = "".join([stream.feed(piece) for piece in pieces] + [stream.finish()])
    return shown, stream


def test_a_supported_sentence_gets_the_marker_of_the_passage_that_proves_it() -> None:
    shown, stream = ground("Staff have 25 days of annual leave.")
    assert shown == stream.text == "Staff have 25 days of annual leave. [1]"
    (citation,) = stream.citations
    assert citation.quote == "Every member of staff has 25 days of annual leave."
    assert shown[citation.start : citation.end] == "[1]"
    assert (citation.page, citation.char_start) == (3, 100)
    assert LEAVE[citation.char_start - 100 : citation.char_end - 100] == citation.quote


def test_a_wrong_number_is_unsupported() -> None:
    shown, stream = ground("Staff have 30 days of annual leave.")
    assert stream.citations == []
    assert [shown[a:b] for a, b in stream.unsupported] == ["Staff have 30 days of annual leave."]


def test_a_turned_meaning_is_unsupported() -> None:
    _, stream = ground("The Oak Room is not booked at reception.")
    assert stream.citations == []


@pytest.mark.parametrize("marker", ["[7]", "[0]", "[1]", "[1, 9]", "[passage 2]", "【2】"])
def test_the_models_own_marker_is_a_hint_that_never_points_nowhere(marker: str) -> None:
    shown, stream = ground(f"The Oak Room seats 12 people {marker}.")
    assert shown == "The Oak Room seats 12 people. [2]"
    assert [c.passage for c in stream.citations] == [2]


def test_each_sentence_has_its_own_citation() -> None:
    shown, stream = ground("Staff have 25 days of annual leave [1]. The Oak Room seats 12 people. [2] Fish can fly.")
    assert shown == "Staff have 25 days of annual leave. [1] The Oak Room seats 12 people. [2] Fish can fly."
    assert [shown[a:b] for a, b in stream.unsupported] == ["Fish can fly."]


def test_handing_the_question_back_proves_nothing() -> None:
    for echo in ("How many people does the Oak Room seat?", "The Oak Room seats people."):
        stream = GroundedStream(passages(), "How many people does the Oak Room seat?")
        assert stream.feed(echo) + stream.finish() == echo
        assert len(stream.unsupported) == 1


def test_repeating_the_question_answers_it_when_it_asks_whether() -> None:
    stream = GroundedStream(passages(), "Is the Oak Room booked at reception?")
    stream.feed("The Oak Room is booked at reception.")
    stream.finish()
    assert [citation.passage for citation in stream.citations] == [2]


def test_lines_are_sentences_of_their_own() -> None:
    shown, _ = ground("- 25 days of annual leave\n- The Oak Room seats 12 people")
    assert shown == "- 25 days of annual leave [1]\n- The Oak Room seats 12 people [2]"


def test_japanese_is_cited_too() -> None:
    shown, stream = ground("年次有給休暇は年20日です。")
    assert shown.endswith("[3]")
    assert stream.citations[0].quote == "年次有給休暇は年20日とする。"


TEXT = "Staff have 25 days [1] of annual leave. Dr. Ito: the Oak Room seats 12 [99]\n\nIs 3.5 fine? [2] x"


@given(st.lists(st.integers(0, len(TEXT)), max_size=8))
def test_the_same_text_is_shown_however_it_arrives(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(TEXT)]
    shown, stream = ground(*(TEXT[a:b] for a, b in itertools.pairwise(edges)))
    whole, _ = ground(TEXT)
    assert shown == stream.text == whole
    for citation in stream.citations:
        assert shown[citation.start : citation.end] == f"[{citation.passage}]"
        assert 1 <= citation.passage <= 3
