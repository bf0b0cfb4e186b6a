"""What goes into a prompt once a reader has read the passages, and which sentence is quoted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag_core.answer.compression import evidence_room, worth_reading
from rag_core.answer.focus import Piece, rank_pieces
from rag_core.types import Passage

ROOMS = "We have three rooms. The Oak Room is upstairs. It seats 12 people. It is booked at reception."
LEAVE = "Every member of staff has 25 days of annual leave. Leave lapses on 31 March."
TABLE = "Room | Seats\nOak | 12\nElm | 40\nAsh | 8"
QUESTION = "How large is the Oak Room?"


def passage(rank: int, text: str, answer: str = "", sure: float = 0.0, relevance: float | None = None) -> Passage:
    bare = Passage(rank, (rank,), f"d{rank}", "/a.md", "", 1, "", 50, 50 + len(text), text, rerank_score=relevance)
    if not answer:
        return bare
    start = 50 + text.index(answer)
    return replace(bare, answer_start=start, answer_end=start + len(answer), answer_probability=sure)


def pieces_of(*passages: Passage) -> list[Piece]:
    return rank_pieces(QUESTION, passages, None)


def texts(pieces: list[Piece]) -> list[str]:
    return [piece.text for piece in pieces]


def test_the_sentence_with_the_marked_words_is_quoted_and_the_words_stand_in_it() -> None:
    assert pieces_of(passage(1, ROOMS))[0].text == "The Oak Room is upstairs."
    quote = pieces_of(passage(1, ROOMS, "12 people", 0.97, 0.97))[0].quote
    assert (quote.text, quote.answer_text, quote.confidence) == ("It seats 12 people.", "12 people", 0.97)
    assert ROOMS[quote.char_start - 50 : quote.char_end - 50] == quote.text


def test_a_reader_that_is_hardly_sure_changes_nothing_much() -> None:
    assert pieces_of(passage(1, ROOMS, "12 people", 0.05, 0.3))[0].text == "The Oak Room is upstairs."


def test_words_across_sentences_are_quoted_with_all_of_them() -> None:
    best = pieces_of(passage(1, ROOMS, "upstairs. It seats 12", 0.97, 0.97))[0]
    assert best.text == "The Oak Room is upstairs. It seats 12 people."
    assert best.quote.answer_text == "upstairs. It seats 12"


def test_words_across_rows_are_quoted_with_one_row() -> None:
    quote = pieces_of(passage(1, TABLE, "40\nAsh", 0.97, 0.97))[0].quote
    assert (quote.text, quote.answer_text) in [("Elm | 40", "40"), ("Ash | 8", "Ash")]


def test_only_what_the_reader_leaves_open_is_compared_by_meaning() -> None:
    asked: list[list[str]] = []

    def similarity(texts: Sequence[str]) -> list[float]:
        asked.append(list(texts))
        return [0.9 if "reception" in text else 0.1 for text in texts]

    rank_pieces(QUESTION, [passage(1, ROOMS, "12 people", 0.97, 0.97)], similarity)
    assert not asked
    long = passage(1, ROOMS + " Lunch is at noon." * 20, relevance=0.1)
    assert rank_pieces(QUESTION, [long], similarity)[0].text == "It is booked at reception."
    assert len(asked[0]) == 5


def test_a_sure_answer_goes_in_with_the_sentence_before_it_and_nothing_else() -> None:
    read = pieces_of(passage(1, ROOMS, "12 people", 0.97, 0.97), passage(2, LEAVE, relevance=0.5))
    assert texts(worth_reading(read)) == ["It seats 12 people.", "The Oak Room is upstairs."]


def test_a_row_goes_in_with_the_names_of_its_columns() -> None:
    assert texts(worth_reading(pieces_of(passage(1, TABLE, "8", 0.97, 0.97)))) == ["Ash | 8", "Room | Seats"]
    named = "Room: Elm | Seats: 40\nRoom: Ash | Seats: 8"
    assert texts(worth_reading(pieces_of(passage(1, named, "8", 0.97, 0.97)))) == ["Room: Ash | Seats: 8"]


def test_passages_that_do_not_answer_stay_out_where_the_reader_is_not_sure() -> None:
    read = pieces_of(passage(1, ROOMS, relevance=0.6), passage(2, LEAVE, relevance=0.01), passage(3, LEAVE))
    assert {piece.passage.rank for piece in worth_reading(read)} == {1}


def test_without_a_reader_all_is_as_it_was() -> None:
    pieces = pieces_of(passage(1, ROOMS), passage(2, LEAVE))
    assert worth_reading(pieces) == pieces and evidence_room(pieces, 500, len) == 500


def test_never_more_than_half_of_what_was_read_goes_in() -> None:
    pieces = pieces_of(passage(1, ROOMS, relevance=0.6), passage(2, LEAVE, relevance=0.5))
    assert evidence_room(pieces, 10_000, len) == len(ROOMS + LEAVE) // 2
    assert evidence_room(pieces, 60, len) == 60
