"""The conversation on the screen."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from app.conversation.answer_text import AnswerText
from app.conversation.conversation_model import ConversationModel, ConversationPlace, Phase, new_turn
from app.conversation.conversation_view import ConversationView
from app.conversation.failure_card import FailureCard
from app.conversation.not_found_card import NotFoundCard
from app.conversation.passage_list import PassageRow
from app.conversation.proof import place_words
from app.conversation.quote_card import QuoteCard
from app.conversation.support_line import SupportLine
from app.kit import design
from app.kit.pane_button import PaneButton
from app.kit.source_target import SourceTarget
from app.kit.text import use_language
from rag_core.conversations.records import Turn
from rag_core.messages import literal, say
from rag_core.types import Filters
from tests.app.conversation.conversation_samples import PASSAGES, QUOTE, WORDS, answer, answered, passage


def test_passages_and_quote_are_there_before_the_first_word(view: ConversationView, model: ConversationModel) -> None:
    turn = new_turn("default", "How many?", 0, Filters())
    model.add(turn)
    turn.passages, turn.quote, turn.phase = PASSAGES, QUOTE, Phase.READING
    model.tell_changed(turn)
    card = view.card_of(turn)
    assert card is not None
    assert len(card.findChildren(PassageRow)) == 3 and card.findChildren(QuoteCard)
    assert not card.findChildren(AnswerText)


def test_streamed_text_reaches_the_screen(qtbot: QtBot, view: ConversationView, model: ConversationModel) -> None:
    turn = new_turn("default", "How many?", 0, Filters())
    turn.passages = PASSAGES
    model.add(turn)
    turn.text, turn.phase = "25", Phase.STREAMING
    model.tell_changed(turn)
    card = view.card_of(turn)
    assert card is not None
    for word in (" days", " a", " year", " [1]."):
        turn.text += word
        model.tell_streamed(turn)
    shown = card.findChild(AnswerText)
    assert isinstance(shown, AnswerText)
    qtbot.waitUntil(lambda: "year" in shown.toPlainText())


def test_a_citation_carries_every_place_of_the_turn(
    qtbot: QtBot, view: ConversationView, model: ConversationModel
) -> None:
    model.load([answered(1, "Rooms [2]. Leave [1].")])
    card = view.card_of(model.turns[0])
    assert card is not None
    rows = card.findChildren(PassageRow)
    with qtbot.waitSignal(view.citation_chosen) as caught:
        rows[1].click()
    targets, index = caught.args
    chosen = targets[index]
    assert isinstance(chosen, SourceTarget)
    assert (chosen.document_id, chosen.page, chosen.label) == ("document1", 3, "[1]")
    assert (chosen.char_start, chosen.quote_end) == (1000, 1000 + len(WORDS))
    assert {target.document_id for target in targets} == {"document1", "document2", "document3"}


def test_not_found_lists_the_nearest(view: ConversationView, model: ConversationModel) -> None:
    model.load([Turn(1, "Pension?", 0, answer("Pension?", "Not found.", not_found=True))])
    card = view.card_of(model.turns[0])
    assert card is not None
    assert card.findChildren(NotFoundCard) and len(card.findChildren(PassageRow)) == 3
    assert not card.findChildren(QuoteCard)


def test_a_failure_offers_the_question_again(qtbot: QtBot, view: ConversationView, model: ConversationModel) -> None:
    model.load([Turn(1, "Anything?", 0, problem=literal("The language model is not installed. Prepare it."))])
    failure = view.findChild(FailureCard)
    assert isinstance(failure, FailureCard)
    with qtbot.waitSignal(view.retry_requested) as caught:
        failure.findChildren(QPushButton)[0].click()
    assert caught.args == [model.turns[0]]


def test_a_question_that_a_crash_interrupted_is_offered_again(view: ConversationView, model: ConversationModel) -> None:
    model.load([Turn(1, "Anything?", 0)])
    assert view.findChild(FailureCard) is not None


def test_a_turn_says_its_question_and_its_state(view: ConversationView, model: ConversationModel) -> None:
    not_found = Turn(2, "Pool?", 0, answer("Pool?", "Not found.", not_found=True))
    model.load([answered(1), not_found, Turn(3, "Why?", 0, problem=literal("No.")), Turn(4, "And?", 0, stopped=True)])
    cards = [view.card_of(turn) for turn in model.turns]
    assert [card.accessibleName() for card in cards if card is not None] == [
        "Question: Question 1? (answered)",
        "Question: Pool? (not found)",
        "Question: Why? (failed)",
        "Question: And? (stopped)",
    ]


def test_what_the_search_told_is_shown_again_in_the_language_of_the_window(
    qtbot: QtBot, view: ConversationView, model: ConversationModel
) -> None:
    said = say("language-by-words", language="Deutsch")

    def shown(words: str) -> bool:
        return any(words in label.text() for label in view.findChildren(QLabel) if label.isVisible())

    model.load([replace(answered(1), notices=(said,))])
    assert shown(str(said))
    try:
        use_language("ja")
        qtbot.waitUntil(lambda: shown("語句だけで検索しています。"))
    finally:
        use_language("en")


def test_unconfirmed_sentences_are_explained_in_words(view: ConversationView, model: ConversationModel) -> None:
    text = "Sure [1]. Perhaps."
    model.load([Turn(1, "q", 0, answer("q", text, unsupported="Perhaps."))])
    line = view.findChild(SupportLine)
    assert isinstance(line, SupportLine) and line.isVisible()
    assert line.line.accessibleName().startswith("1 sentence is not confirmed by the documents")


def test_copying_brings_the_sources(view: ConversationView, model: ConversationModel) -> None:
    model.load([answered(1)])
    button = next(b for b in view.findChildren(QToolButton) if b.accessibleName() == "Copy answer")
    button.click()
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("25 days [1].") and "[1] office-handbook.pdf, page 3" in copied


def test_editing_a_question(qtbot: QtBot, view: ConversationView, model: ConversationModel) -> None:
    model.load([answered(1)])
    next(b for b in view.findChildren(QToolButton) if b.accessibleName() == "Edit question").click()
    field = QApplication.focusWidget()
    assert field is not None
    with qtbot.waitSignal(view.edit_requested) as caught:
        QTest.keyClicks(field, " And part-time?")
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert caught.args == [model.turns[0], "Question 1? And part-time?"]


def test_tab_walks_the_turns_in_their_order(qtbot: QtBot, view: ConversationView, model: ConversationModel) -> None:
    model.load([answered(number) for number in range(1, 30)])
    view.turn_list.show_turn(10)
    card = view.card_of(model.turns[10])
    assert card is not None
    card.findChildren(QAbstractButton)[0].setFocus()
    seen: list[int] = []
    for _ in range(60):
        QTest.keyClick(QApplication.focusWidget() or view, Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        at = next((i for i, c in view.turn_list.cards.items() if focused is not None and c.isAncestorOf(focused)), -1)
        if at >= 0 and (not seen or seen[-1] != at):
            seen.append(at)
    assert seen[:4] == [10, 11, 12, 13]


def test_an_empty_conversation_offers_questions(qtbot: QtBot, view: ConversationView, model: ConversationModel) -> None:
    model.open(ConversationPlace("Handbook"))
    model.set_suggestions(1200, ["How many days of leave?", "b", "c", "d", "e"])
    qtbot.waitUntil(lambda: sum(b.isVisible() for b in view.findChildren(PaneButton)) == 4)
    examples = [b for b in view.findChildren(PaneButton) if b.isVisible()]
    assert any("1,200" in label.text() for label in view.findChildren(QLabel))
    with qtbot.waitSignal(view.question_chosen) as caught:
        examples[0].click()
    assert caught.args == ["How many days of leave?"]


def test_the_theme_switches_live(qapp: QApplication, view: ConversationView, model: ConversationModel) -> None:
    model.load([answered(1)])
    design.apply(qapp, "dark")
    shown = view.findChild(AnswerText)
    assert isinstance(shown, AnswerText)
    assert shown.document().begin().begin().fragment().charFormat().foreground().color().name() == design.DARK.text


def test_places_are_named_as_their_format_names_them() -> None:
    assert place_words(passage(1)) == "office-handbook.pdf, page 3"
    assert place_words(passage(2, "/docs/rooms.xlsx", 1)) == "rooms.xlsx, sheet 1"
    assert place_words(passage(3, "C:\\docs\\policy.docx", 1), " · ") == "policy.docx"
