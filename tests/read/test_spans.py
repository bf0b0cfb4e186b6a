"""What is marked as the answer is whole words of the text, and nothing around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_core.read.spans import tidy


@pytest.mark.parametrize(
    ("text", "found", "wanted"),
    [
        ("It was painted in 1642.", "64", "1642"),
        ("It costs 1,250.00 EUR, net.", "250", "1,250.00"),
        ("at 10:30, sharp", "30", "10:30"),
        ("the Rembrandts hang", "brand", "Rembrandts"),
        ("by Shakespeare (1564–1616).", "(1564–1616)", "1564–1616"),
        ("by Shakespeare (1564–1616).", "(1564", "1564"),
        ("by Shakespeare (1564–1616).", "1616).", "1616"),
        ("He said “never”, then left.", "“never”,", "never"),
        ("He said “never”, then left.", "said “never", "said “never"),
        ("He said “never”, then left.", "never”", "never"),
        ('call it "A" and "B" then', '"A" and "B"', '"A" and "B"'),
        ("(a) and (b) hold", "(a) and (b)", "(a) and (b)"),
        ("use f(x) here", "f(x)", "f(x)"),
        ("in the U.S. since", "U.S.", "U.S."),
        ("at 9 p.m. on", "9 p.m.", "9 p.m."),
        ("written by J. R. R. Tolkien.", "J. R. R. Tolkien.", "J. R. R. Tolkien"),
        ("runs on .NET now", ".NET", ".NET"),
        ("the notice: three months;", ": three months;", "three months"),
        ("cafe\u0301 noir", "cafe", "cafe\u0301"),
        ("ok 👩🏽‍🚀 go", "👩", "👩🏽‍🚀"),
        ("flag 🇯🇵 here", "🇯", "🇯🇵"),
        ("東京都に住む", "京", "京"),
        ("「東京」です", "「東京」", "東京"),
    ],
)
def test_a_person_would_mark_the_same(text: str, found: str, wanted: str) -> None:
    at = text.index(found)
    span = tidy(text, (at, at + len(found)))
    assert span is not None
    assert text[span[0] : span[1]] == wanted


@pytest.mark.parametrize("text", ["", " ", "–", '""', "()", "?!", "\u200b "])
def test_where_there_are_no_words_nothing_is_marked(text: str) -> None:
    span = tidy(text, (0, len(text)))
    assert span is None or text[span[0] : span[1]].strip()


UGLY = st.text(st.sampled_from(list("ab1 9.,:()[]“”\"'-?\n東京\u0301\u200d👩🏽🚀🇯🇵é\ud800")), min_size=1, max_size=40)


@given(UGLY, st.integers(0, 40), st.integers(1, 40))
def test_a_span_is_whole_words_inside_its_text(text: str, start: int, length: int) -> None:
    start %= len(text)
    span = tidy(text, (start, min(len(text), start + length)))
    if span is not None:
        assert 0 <= span[0] < span[1] <= len(text)
        marked = text[span[0] : span[1]]
        assert marked == marked.strip()
        latin = set("ab19")
        assert span[0] == 0 or not {text[span[0] - 1], text[span[0]]} <= latin
        assert span[1] == len(text) or not {text[span[1] - 1], text[span[1]]} <= latin
        assert text[span[1] : span[1] + 1] != "\u0301"
