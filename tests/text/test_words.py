from __future__ import annotations

from rag_core.text.words import content_terms, is_cjk


def test_forms_of_a_word_agree() -> None:
    assert content_terms("The employee's Policies") == content_terms("employees policy")
    assert content_terms("Café") == content_terms("CAFE")


def test_numbers_agree_whatever_their_commas() -> None:
    assert content_terms("1,200 euro.") == content_terms("1200 euro")
    assert content_terms("1,200.") == ["1200"]
    assert content_terms("3.5 and 4.") == ["3.5", "4"]


def test_question_words_carry_no_meaning() -> None:
    assert content_terms("What is the…?") == []


def test_japanese_becomes_pairs_and_keeps_its_voicing() -> None:
    assert content_terms("残業規則") == ["残業", "業規", "規則"]
    assert content_terms("ガス") == ["ガス"]
    assert is_cjk("有給休暇は？") and not is_cjk("paid leave")
