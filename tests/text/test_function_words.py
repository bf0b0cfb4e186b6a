from rag_core.text.function_words import without_function_words
from rag_core.text.language import Language


def test_what_holds_a_question_together_is_taken_out() -> None:
    assert without_function_words("Wie lang ist die Kündigungsfrist?", Language("de")).split() == ["Kündigungsfrist?"]
    assert without_function_words("每年有多少天年假？", Language("zh")).split() == ["每年", "天年假？"]
    assert without_function_words("Industrie", Language("de")) == "Industrie", "whole words only"


def test_a_question_of_nothing_else_stays_whole() -> None:
    assert without_function_words("Wie lang?", Language("de")) == "Wie lang?"


def test_english_and_languages_without_a_list_stay_as_they_are() -> None:
    asked = "How long is the notice period?"
    assert without_function_words(asked, Language("en")) == without_function_words(asked, Language("")) == asked
