from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rag_core.text.sentences import sentence_spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


def test_english_sentences_survive_abbreviations_initials_and_numbers() -> None:
    text = "Dr. J. Smith pays £3.50, e.g. for tea. See Art. 5. It applies!\n\nNew paragraph"
    assert sentences(text) == [
        "Dr. J. Smith pays £3.50, e.g. for tea.",
        "See Art. 5.",
        "It applies!",
        "New paragraph",
    ]


def test_japanese_sentences_end_without_a_space() -> None:
    assert sentences("休暇は年20日です。「残業は？」と聞かれた。以上") == [
        "休暇は年20日です。",
        "「残業は？」",
        "と聞かれた。",
        "以上",
    ]


def test_a_line_break_inside_a_sentence_does_not_end_it() -> None:
    assert sentences("Leave is granted by the\nline manager. Then ask.") == [
        "Leave is granted by the\nline manager.",
        "Then ask.",
    ]


def test_a_list_number_stays_with_its_item() -> None:
    assert sentences("1. Payment is due.\n2. Keep it.") == ["1. Payment is due.", "2. Keep it."]


@given(st.text(alphabet='ab.!?。 \n1A"”', max_size=60))
def test_sentences_hold_every_visible_character_in_order(text: str) -> None:
    spans = sentence_spans(text)
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
    assert all(a < b for a, b in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
