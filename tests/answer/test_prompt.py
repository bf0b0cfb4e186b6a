from __future__ import annotations

from rag_core.answer.conversation import search_query
from rag_core.answer.prompt import build_prompt
from rag_core.types import Message, Passage


def count_words(text: str) -> int:
    return len(text.split())


def passage(rank: int, text: str) -> Passage:
    return Passage(rank, (rank,), "d", "/handbook.pdf", "", 1, "", 50, 50 + len(text), text, headings=("Leave",))


LONG = " ".join(f"Filler sentence number {i} says nothing at all." for i in range(30))


def test_everything_that_fits_is_in_the_prompt_and_the_question_comes_last() -> None:
    prompt = build_prompt("How many days?", [passage(1, "Twenty days."), passage(2, "Oak Room.")], [], 300, count_words)
    assert prompt.left_out == 0
    assert prompt.messages[0].role == "system"
    text = prompt.messages[-1].content
    assert text.index("[1] Leave\nTwenty days.") < text.index("[2] Leave\nOak Room.") < text.index("How many days?")


def test_a_passage_that_does_not_fit_is_cut_around_the_sentence_nearest_to_the_question() -> None:
    source = passage(1, LONG + " Overtime is paid at double rate. " + LONG)
    prompt = build_prompt("How is overtime paid?", [source], [], 150, count_words)
    (cut,) = prompt.passages
    assert "Overtime is paid at double rate." in cut.text
    assert prompt.tokens <= 150
    assert source.text[cut.char_start - 50 : cut.char_end - 50] == cut.text


def test_what_is_left_out_is_told() -> None:
    prompt = build_prompt("Overtime?", [passage(i, LONG) for i in (1, 2, 3)], [], 200, count_words)
    assert prompt.left_out == 3 - len(prompt.passages) > 0


def test_the_last_turn_goes_along_and_old_ones_do_not() -> None:
    history = [Message("user", "old"), Message("assistant", "older"), Message("user", "q"), Message("assistant", "a")]
    prompt = build_prompt("And now?", [passage(1, "Text.")], history, 300, count_words)
    assert [m.content for m in prompt.messages[1:3]] == ["q", "a"]
    assert len(prompt.messages) == 4


def test_a_follow_up_is_searched_with_the_question_it_leans_on() -> None:
    history = [Message("user", "How many days of annual leave do staff have?"), Message("assistant", "25.")]
    assert "annual leave" in search_query("And for part-time staff?", history)
    assert "annual leave" in search_query("Why?", history)
    assert search_query("Where is the Oak Room booked?", history) == "Where is the Oak Room booked?"
    assert "有給" in search_query("それは繰り越せますか？", [Message("user", "有給休暇は何日ですか？")])
