"""Short questions are hard to tell: what matters most is that no English question counts as foreign."""

from __future__ import annotations

import pytest

from rag_core.text.language import UNKNOWN, Language, Languages, language_of, language_within, name_of

QUESTIONS = {
    "en": [
        "How long is the notice period?",
        "What is the VAT share?",
        "Is there parking in Ghent?",
        "Who is Jürgen Weißenböck?",
        "Is Señor García on leave?",
        "What does the contract with Müller GmbH say?",
        "HOW MANY DAYS OF LEAVE DO I GET?",
    ],
    "de": ["Wie lang ist die Kündigungsfrist?", "Kündigungsfrist?", "Wer leitet die Straßenbauabteilung?"],
    "fr": ["Quel est le délai de préavis ?", "Qui signe les factures de plus de 5 000 euros ?"],
    "es": ["¿Cuál es el plazo de preaviso?", "¿Cuánto cuesta el servicio?"],
    "it": ["Qual è il periodo di preavviso?", "Dove si trova il contratto?"],
    "nl": ["Hoe lang is de opzegtermijn?"],
    "ru": ["Какой срок уведомления?", "Кто директор филиала?"],
    "uk": ["Хто підписує рахунки?"],
    "ar": ["ما مدة الإشعار؟", "ما رقم الهاتف؟"],
    "fa": ["دوره اخطار چقدر است؟"],
    "ja": ["有給休暇は何日ですか？", "VPN の設定方法は？", "営業時間？"],
    "zh": ["每年有多少天年假？", "食堂几点开放？"],
    "ko": ["연차 휴가는 며칠인가요?"],
    "el": ["Ποια είναι η προθεσμία;"],
    "": ["INV-2024-0099", "DE89370400440532013000", "Anna Berg", "Jürgen Weißenböck?", "Urlaub?", "42 %", "", "?"],
}


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in QUESTIONS.items() for text in texts])
def test_the_language_of_a_question(code: str, text: str) -> None:
    assert language_of(text) == code


def test_what_could_be_in_several_is_in_the_usual_one() -> None:
    assert language_of("Urlaub?", Language("de")) == "de"
    assert language_of("年次有給休暇", Language("ja")) == "ja" and language_of("年次有給休暇") == "zh"
    assert language_of("VAT?", Language("ja")) == UNKNOWN, "these are no Japanese letters"
    assert language_of("And for part-time staff?", Language("de")) == UNKNOWN, "whatever it is, German it is not"
    assert language_of("Anna Berg", Language("de")) == language_of("42?", Language("ja")) == UNKNOWN
    assert language_of("Wie lang ist die Kündigungsfrist?", Language("en")) == "de"


def test_a_part_is_in_the_language_of_its_document_where_the_letters_are() -> None:
    assert language_within("Kündigungsfrist | drei Monate", Language("de")) == "de"
    assert language_within("解約の通知期間は三か月とする。", Language("en")) == "ja"
    assert language_within("Die Kündigungsfrist beträgt drei Monate.", UNKNOWN) == "de", "of an older library"


def test_an_english_document_is_never_taken_for_another() -> None:
    """py3langid takes it for Catalan, by a little: it would not be read closely."""
    assert language_of("A service for model Kestrel costs 310 euros. A service for model Merlin costs 405 euros.") == ""


def test_a_model_knows_what_its_pack_names_and_all_where_it_names_none() -> None:
    some, german = Languages.of({"languages": ["en", "pt-BR"]}), Language("de")
    assert some.knows(Language("pt")) and not some.knows(german) and some.knows(UNKNOWN)
    assert Languages.of({}).knows(german)


def test_a_language_is_called_what_it_calls_itself() -> None:
    assert (name_of(Language("de")), name_of(Language("zh")), name_of(Language("xx"))) == ("Deutsch", "中文", "xx")
