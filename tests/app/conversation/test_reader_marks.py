"""What the reader found, on the screen: the answer marked in sentence, passage and page, and every sentence checked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.conversation.conversation_model import ConversationModel, Phase, ShownTurn, new_turn
from app.conversation.conversation_view import ConversationView
from app.conversation.not_found_card import NotFoundCard
from app.conversation.passage_list import PassageRow
from app.conversation.proof import proof_of
from app.conversation.quote_card import QuoteCard
from app.conversation.support import summary, support_of
from app.conversation.support_line import SentenceRow, SupportLine
from app.kit.clamped_label import ClampedLabel
from rag_core.conversations.records import Turn
from rag_core.types import Filters
from tests.app.conversation.conversation_samples import PASSAGES, QUOTE, WORDS, answer
from tests.app.conversation.reader_samples import (
    BAD,
    BAD_BY_WORDS,
    BY_WORDS,
    DAYS,
    FIRST_SENTENCE,
    GOOD,
    READ,
    checked,
    marked_quote,
)


def reading(confidence: float = 0.9) -> ShownTurn:
    turn = new_turn("default", "How many?", 0, Filters())
    turn.passages, turn.quote, turn.phase = READ, marked_quote(confidence), Phase.READING
    return turn


def finished(answer_text: str, *checks: object) -> ShownTurn:
    return ShownTurn.from_stored("default", Turn(1, "q", 0, checked(answer_text, *checks)))  # type: ignore[arg-type]


# The quoted answer


def test_the_card_marks_the_answer_and_says_so(view: ConversationView, model: ConversationModel) -> None:
    model.add(reading())
    card = view.findChild(QuoteCard)
    assert isinstance(card, QuoteCard)
    assert card.accessibleDescription().splitlines()[:2] == ["The answer: 25 days", "very likely the answer"]
    assert "90 %" in card.toolTip() and "90" not in card.accessibleDescription()


@pytest.mark.parametrize(
    ("confidence", "said"), [(0.9, "very likely the answer"), (0.6, ""), (0.3, "perhaps the answer")]
)
def test_how_sure_the_reader_is_is_told_in_words(
    view: ConversationView, model: ConversationModel, confidence: float, said: str
) -> None:
    model.add(reading(confidence))
    card = view.findChild(QuoteCard)
    assert isinstance(card, QuoteCard)
    assert card._place.text() == " · ".join(part for part in ("page 3", said) if part)


def test_a_quote_without_a_mark_is_shown_as_it_is(view: ConversationView, model: ConversationModel) -> None:
    turn = reading()
    turn.quote, turn.passages = QUOTE, PASSAGES
    model.add(turn)
    card = view.findChild(QuoteCard)
    assert isinstance(card, QuoteCard)
    assert "The answer" not in card.accessibleDescription() and card._place.text() == "page 3"


def test_a_click_on_the_card_boxes_the_sentence_and_marks_the_answer(
    qtbot: QtBot, view: ConversationView, model: ConversationModel
) -> None:
    model.add(reading())
    card = view.findChild(QuoteCard)
    assert isinstance(card, QuoteCard)
    with qtbot.waitSignal(view.citation_chosen) as caught:
        QTest.keyClick(card, Qt.Key.Key_Space)
    targets, index = caught.args
    chosen = targets[index]
    assert (chosen.quote_start, chosen.quote_end) == (1000, 1000 + FIRST_SENTENCE)
    assert (chosen.answer_start, chosen.answer_end) == (1000 + DAYS, 1007 + DAYS)


# Passages


def test_passages_mark_the_answer_and_keep_their_order(view: ConversationView, model: ConversationModel) -> None:
    model.add(reading())
    rows = view.findChildren(PassageRow)
    assert [row.accessibleDescription().splitlines()[0] for row in rows[:2]] == [
        "The answer: 25 days",
        "The answer: five days",
    ]
    assert rows[2].accessibleDescription() == WORDS


def test_a_long_passage_is_shown_from_near_its_answer(view: ConversationView, model: ConversationModel) -> None:
    turn = reading()
    text = "The partners meet on Mondays. " * 40 + WORDS
    start = 5000 + text.index("25 days")
    long = replace(READ[0], text=text, char_start=5000, char_end=5000 + len(text), answer_start=start)
    turn.passages, turn.quote = (replace(long, answer_end=start + 7),), None
    model.add(turn)
    row = view.findChild(PassageRow)
    assert isinstance(row, PassageRow)
    shown = [label.text for label in row.findChildren(ClampedLabel)]
    assert any(text.startswith("… Full-time") and "25 days" in text for text in shown)


def test_a_citation_of_the_marked_sentence_and_the_quote_are_one_place() -> None:
    stored = checked("25 days [1].")
    cited = replace(stored.citations[0], char_end=1000 + FIRST_SENTENCE, quote=WORDS[:FIRST_SENTENCE])
    turn = ShownTurn.from_stored("default", Turn(1, "q", 0, replace(stored, citations=(cited,))))
    proof = proof_of(turn)
    assert proof.of_quote == proof.of_citation[0] == 0
    assert proof.targets[0].answer_start == 1000 + DAYS
    assert proof.cited[0].words.marked == "25 days"


# Not found


def test_not_found_shows_the_nearest_sentence_first_and_marks_no_answer(
    qtbot: QtBot, view: ConversationView, model: ConversationModel
) -> None:
    nearest = replace(marked_quote(), passage=2, char_start=2000, char_end=2000 + FIRST_SENTENCE)
    missed = replace(answer("Pension?", "Not found.", not_found=True), passages=READ, quote=nearest)
    model.load([Turn(1, "Pension?", 0, missed)])
    rows = view.findChild(NotFoundCard).findChildren(PassageRow)  # type: ignore[union-attr]
    assert [row.accessibleDescription() for row in rows] == [WORDS[:FIRST_SENTENCE], WORDS, WORDS]
    with qtbot.waitSignal(view.citation_chosen) as caught:
        rows[0].click()
    targets, index = caught.args
    assert (targets[index].char_start, targets[index].quote_end) == (2000, 2000 + FIRST_SENTENCE)
    assert all(target.answer_start == target.answer_end for target in targets)


# Support


@pytest.mark.parametrize(
    ("sentence", "text", "is_verbatim"),
    [
        ("Die Miete.", "Fällig ist die Miete.", True),
        ("Äußerung.", "Die Veräußerung.", False),
        ("30日", "期間は30日です。", True),
        ("30日", "期間は130日です。", False),
    ],
)
def test_words_stand_in_a_document_as_whole_words(sentence: str, text: str, is_verbatim: bool) -> None:
    found = checked(sentence, (sentence, GOOD))
    told = replace(found, passages=(replace(found.passages[0], text=text), *found.passages[1:]))
    turn = ShownTurn.from_stored("default", Turn(1, "q", 0, told))
    assert [each.is_verbatim for each in support_of(turn, proof_of(turn)).sentences] == [is_verbatim]


def test_every_sentence_is_told_with_what_it_agrees(
    qtbot: QtBot, view: ConversationView, model: ConversationModel
) -> None:
    checks = [("25 days [1].", GOOD), ("5 days a year.", GOOD), ("A pool.", BAD)]
    model.load([Turn(1, "q", 0, checked("25 days [1]. 5 days a year. A pool.", *checks))])
    line = view.findChild(SupportLine)
    assert isinstance(line, SupportLine)
    assert line.line.accessibleName().startswith("1 sentence is not confirmed by the documents")
    QTest.keyClick(line.line, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: all(row.isVisible() for row in line.findChildren(SentenceRow)))
    rows = line.findChildren(SentenceRow)
    assert [row.accessibleName() for row in rows] == [
        "25 days. Stands word for word in office-handbook.pdf, page 3",
        "5 days a year. Agrees with office-handbook.pdf, page 3",
        "A pool. Not confirmed by the documents",
    ]
    assert "93 %" in rows[0].toolTip()
    with qtbot.waitSignal(view.citation_chosen) as caught:
        QTest.keyClick(rows[0], Qt.Key.Key_Space)
    assert caught.args[0][caught.args[1]].document_id == "document1"
    assert model.turns[0].checks_expanded


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ([GOOD], "The sentence agrees with the documents."),
        ([GOOD, GOOD], "All 2 sentences agree with the documents."),
        ([BY_WORDS], "The sentence shares its words with the documents. Checked by words only."),
        (
            [BAD_BY_WORDS, BY_WORDS],
            "1 sentence is not confirmed by the documents (dotted line). Check it before you rely on it. "
            "Checked by words only.",
        ),
    ],
)
def test_the_line_says_no_more_than_was_found(checks: list[object], said: str) -> None:
    sentences = ["Yes.", "And so."][: len(checks)]
    turn = finished(" ".join(sentences), *zip(sentences, checks, strict=True))
    assert summary(support_of(turn, proof_of(turn))) == said


def test_an_answer_of_an_older_program_keeps_its_doubts() -> None:
    turn = ShownTurn.from_stored("default", Turn(1, "q", 0, answer("q", "Sure [1]. Perhaps.", unsupported="Perhaps.")))
    support = support_of(turn, proof_of(turn))
    assert [each.said for each in support.sentences] == ["Not confirmed by the documents"]
    turn = ShownTurn.from_stored("default", Turn(1, "q", 0, answer("q", "Sure [1].")))
    assert not support_of(turn, proof_of(turn)).sentences
