"""Words with a mark, in one line: nothing is lost or moved, and what is cut off stands before the answer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag_core.conversations.marked_text import marked_line, one_line

PIECES = st.text("ab。. \n\t|😀", max_size=30)


@given(PIECES, PIECES, PIECES)
def test_a_line_keeps_its_words_and_its_mark(before: str, answer: str, after: str) -> None:
    made = marked_line(before + answer + after, len(before), len(before) + len(answer))
    assert made.text == one_line(before + answer + after)
    assert made.marked == one_line(answer)


@given(PIECES, st.integers(0, 40))
def test_what_is_cut_off_leaves_the_mark_whole(before: str, lead: int) -> None:
    made = marked_line(f"{before}25 days of leave", len(before), len(before) + 7)
    cut = made.near(lead)
    assert cut.marked == "25 days"
    assert cut.start <= max(lead, made.start if cut is made else lead + 2)
    assert made.text.endswith(cut.text.removeprefix("… "))


def test_a_cut_begins_with_a_sentence_or_a_word() -> None:
    text = "The office is closed on public holidays. Leave is 25 days a year."
    start = text.index("25")
    assert marked_line(text, start, start + 7).near(30).text == "… Leave is 25 days a year."
    assert marked_line(text, start, start + 7).near(5).text == "… is 25 days a year."
    assert marked_line(text, start, start + 7).near(42).text == text  # a few words more are not worth a cut


def test_nothing_is_cut_without_a_mark() -> None:
    text = "word " * 100
    assert marked_line(text).near(20).text == text.strip()
    assert marked_line(text, -50, -20) == marked_line(text)
