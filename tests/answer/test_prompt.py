from __future__ import annotations

from rag_core.answer.conversation import search_query
from rag_core.answer.focus import Piece, rank_pieces
from rag_core.answer.prompt import Prompt, build_prompt
from rag_core.types import ChatMessage, Passage

FILLER = " ".join(f"Filler sentence number {i} says nothing at all." for i in range(30))
ROWS = "Room: Oak | Seats: 12\nRoom: Elm | Seats: 40\nRoom: Ash | Seats: 8"


def count_words(text: str) -> int:
    return len(text.split())


def passage(rank: int, text: str) -> Passage:
    return Passage(rank, (rank,), "d", "/handbook.pdf", "", 1, "", 50, 50 + len(text), text, headings=("Rules",))


def prompt_for(question: str, *texts: str, evidence_tokens: int = 100, history: tuple[ChatMessage, ...] = ()) -> Prompt:
    pieces = rank_pieces(question, [passage(rank, text) for rank, text in enumerate(texts, 1)], None)
    return build_prompt(question, pieces, history, evidence_tokens, count_words)


def nearest(question: str, *texts: str) -> Piece:
    return rank_pieces(question, [passage(rank, text) for rank, text in enumerate(texts, 1)], None)[0]


def test_the_sentence_that_the_question_is_about_comes_first() -> None:
    assert (
        nearest("How is overtime paid?", FILLER, FILLER + " Overtime is paid double.").text
        == "Overtime is paid double."
    )
    assert nearest("How many seats has the Elm room?", FILLER, ROWS).text == "Room: Elm | Seats: 40"


def test_what_is_new_in_a_follow_up_counts_more_than_what_it_leans_on() -> None:
    text = "Closed client files are kept for seven years. Probate files are kept for twelve years."
    before, now = "How long are closed client files kept?", "What about probate files?"
    assert rank_pieces(f"{before} {now}", [passage(1, text)], None)[0].text.startswith("Closed")
    assert rank_pieces(f"{before} {now}", [passage(1, text)], None, now)[0].text.startswith("Probate")


def test_meaning_counts_where_there_is_an_embedder() -> None:
    def similarity(texts: object) -> list[float]:
        return [0.1, 0.9, 0.1]

    piece = rank_pieces("Quitting?", [passage(1, "Lunch is at noon. Notice is a month. Tea is free.")], similarity)[0]
    assert piece.text == "Notice is a month."


def test_a_long_passage_is_cut_to_what_the_question_is_about() -> None:
    text = FILLER + " Overtime is paid at double rate. " + FILLER
    prompt = prompt_for("How is overtime paid?", text)
    said = prompt.messages[-1].content
    assert "Overtime is paid at double rate." in said
    assert len(said.split()) < 130
    for part in prompt.evidence:
        assert text[part.char_start - 50 : part.char_end - 50] == part.text


def test_the_nearest_sentence_is_in_however_small_the_budget() -> None:
    assert (
        "Overtime is paid double."
        in prompt_for("Overtime?", "Overtime is paid double.", evidence_tokens=1).messages[-1].content
    )


def test_passages_keep_their_numbers_and_headings_and_follow_the_question() -> None:
    said = prompt_for("Oak overtime?", "Overtime is paid double.", "The Oak room has 12 seats.").messages[-1].content
    assert said.index("Question: Oak overtime?") < said.index("[1] Rules\nOvertime") < said.index("[2] Rules\nThe Oak")


def test_what_comes_before_the_question_never_changes() -> None:
    first, second = prompt_for("Overtime?", FILLER), prompt_for("Seats?", ROWS)
    assert first.messages[:-1] == second.messages[:-1]


def test_the_last_turn_goes_along_and_old_ones_do_not() -> None:
    history = (
        ChatMessage("user", "old"),
        ChatMessage("assistant", "older"),
        ChatMessage("user", "q"),
        ChatMessage("assistant", "a"),
    )
    with_history = prompt_for("And now?", "Text.", history=history).messages
    assert [message.content for message in with_history[-3:-1]] == ["q", "a"]
    assert len(with_history) == len(prompt_for("And now?", "Text.").messages) + 2


def test_a_follow_up_repeats_what_it_leans_on_where_the_last_turn_does_not_fit() -> None:
    history = (ChatMessage("user", "How many days?"), ChatMessage("assistant", FILLER))
    pieces = rank_pieces("And then?", [passage(1, "Text.")], None)
    prompt = build_prompt("And then?", pieces, history, 100, count_words, "How many days? And then?")
    assert prompt.messages[-1].content.startswith("Question: How many days? And then?")
    assert FILLER not in str(prompt.messages)


def test_a_follow_up_is_searched_with_the_question_it_leans_on() -> None:
    history = [ChatMessage("user", "How many days of annual leave do staff have?"), ChatMessage("assistant", "25.")]
    assert "annual leave" in search_query("And for part-time staff?", history)
    assert "annual leave" in search_query("Why?", history)
    assert search_query("Where is the Oak Room booked?", history) == "Where is the Oak Room booked?"
    assert "有給" in search_query("それは繰り越せますか？", [ChatMessage("user", "有給休暇は何日ですか？")])
