"""Questions: what a person would lose if the controller were careless."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.conversation.conversation_model import ConversationPlace, Phase, ShownTurn
from app.conversation.questions_controller import QuestionsController
from app.kit.notices import Notice
from rag_core.conversations.records import Conversation, Turn
from rag_core.host.events import Failed
from rag_core.host.jobs import AskQuestion, CreateConversation, DeleteTurns, SaveTurn, SetFeedback
from rag_core.messages import literal
from rag_core.types import Filters, TextStreamed
from tests.app.conversation.conversation_samples import QUOTE, answer, answered, found
from tests.app.conversation.reader_samples import marked_quote
from tests.app.fakes_engine import FakeEngine


@pytest.fixture
def engine(qtbot: QtBot) -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def questions(engine: FakeEngine) -> QuestionsController:
    made = QuestionsController(engine)
    made.model.open(ConversationPlace("default"))
    return made


def store_first(engine: FakeEngine, turn_id: int = 7) -> None:
    """The desk answers: the conversation exists, the turn has its number."""
    engine.finish(CreateConversation, Conversation(3, "t", 0, 0, 0))
    _, job = engine.last(SaveTurn)
    engine.finish(SaveTurn, Turn(turn_id, job.turn.question, 0))


def test_a_question_goes_through_all_its_steps(engine: FakeEngine, questions: QuestionsController) -> None:
    turn = questions.ask("How many days?")
    assert turn is not None
    working: list[bool] = []
    questions.model.working_changed.connect(working.append)
    phases = [turn.phase]
    steps = (found(), QUOTE, TextStreamed("25 "), TextStreamed("days [1]."))
    for step in steps:
        engine.send(AskQuestion, step)
        phases.append(turn.phase)
    assert turn.search_notices and turn.text == "25 days [1]."
    engine.finish(AskQuestion, answer("How many days?", "25 days [1]."))
    phases.append(turn.phase)
    reading, streaming = Phase.READING, Phase.STREAMING
    assert phases == [Phase.SEARCHING, reading, reading, streaming, streaming, Phase.FINISHED]
    assert working == [False]


def test_a_marked_answer_is_said_before_the_language_model_says_a_word(
    qtbot: QtBot, engine: FakeEngine, questions: QuestionsController
) -> None:
    said: list[str] = []
    questions.answer_marked.connect(said.append)
    questions.ask("How many days?")
    engine.send(AskQuestion, found(), QUOTE)
    assert not said
    engine.send(AskQuestion, marked_quote())
    assert said == ["The document says: Full-time employees are entitled to 25 days of annual leave."]


def test_what_the_model_could_not_read_is_told_with_the_answer(
    engine: FakeEngine, questions: QuestionsController
) -> None:
    turn = questions.ask("How many days?")
    assert turn is not None
    engine.send(AskQuestion, found())
    notice = "The model read the nearest 60 % of what was found: it holds no more at once where it runs."
    engine.finish(AskQuestion, replace(answer("How many days?", "25 days [1]."), notices=(literal(notice),)))
    assert turn.search_notices == (*found().notices, literal(notice))


def test_it_is_kept_when_asked_and_when_answered(engine: FakeEngine, questions: QuestionsController) -> None:
    questions.ask("How many days?")
    _, created = engine.last(CreateConversation)
    assert created.title == "How many days?"
    store_first(engine)
    _, first = engine.last(SaveTurn)
    assert first.turn.answer is None and first.turn.turn_id == 0 and first.conversation_id == 3
    engine.send(AskQuestion, found())
    engine.finish(AskQuestion, answer("How many days?", "25 days [1]."))
    _, second = engine.last(SaveTurn)
    assert second.turn.turn_id == 7 and second.turn.answer is not None
    reopened = ShownTurn.from_stored("default", second.turn)
    assert reopened.search_notices == found().notices != ()


def test_an_answer_that_is_faster_than_the_desk_is_kept_once(
    engine: FakeEngine, questions: QuestionsController
) -> None:
    questions.ask("Fast?")
    engine.finish(AskQuestion, answer("Fast?", "Yes [1]."))
    store_first(engine)
    saved = [handle.job for handle in engine.started if isinstance(handle.job, SaveTurn)]
    assert len(saved) == 1 and saved[0].turn.answer is not None


def test_long_questions_make_short_titles(engine: FakeEngine, questions: QuestionsController) -> None:
    questions.ask("word " * 60)
    _, job = engine.last(CreateConversation)
    assert len(job.title) <= 60 and job.title.endswith("word…")


def test_follow_ups_get_what_was_said_without_markers(engine: FakeEngine, questions: QuestionsController) -> None:
    questions.model.open(ConversationPlace("default", 3))
    questions.model.load([answered(number) for number in range(1, 6)])
    questions.ask("And part-time?")
    _, job = engine.last(AskQuestion)
    assert len(job.history) == 6
    assert [message.role for message in job.history] == ["user", "assistant"] * 3
    assert job.history[-1].content == "25 days." and job.history[-2].content == "Question 5?"


def test_a_new_question_stops_the_running_one(engine: FakeEngine, questions: QuestionsController) -> None:
    first = questions.ask("First?")
    engine.send(AskQuestion, found(), TextStreamed("So far"))
    second = questions.ask("Second?")
    assert first is not None and second is not None
    assert first.phase is Phase.STOPPED and first.answer is not None and first.answer.text == "So far"
    assert len(engine.running(AskQuestion)) == 1 and second.is_working


def test_a_lost_engine_is_said_and_the_question_offered_again(
    engine: FakeEngine, questions: QuestionsController, qtbot: QtBot
) -> None:
    turn = questions.ask("Still there?")
    assert turn is not None
    engine.send(AskQuestion, found(), Failed("engine_lost", literal("The engine stopped.")))
    assert turn.phase is Phase.FAILED and turn.failure is not None and turn.failure.kind == "engine_lost"
    questions.retry(turn)
    _, job = engine.last(AskQuestion)
    assert job.question == "Still there?" and turn.is_working and not turn.passages


def test_a_mismatch_offers_to_rebuild(engine: FakeEngine, questions: QuestionsController, qtbot: QtBot) -> None:
    notices: list[Notice] = []
    wanted: list[str] = []
    questions.noticed.connect(notices.append)
    questions.rebuild_wanted.connect(wanted.append)
    questions.ask("Anything?")
    engine.send(AskQuestion, Failed("mismatch", literal("Made by another model.")))
    assert notices[-1].action is not None
    notices[-1].action()
    assert wanted == ["default"]


def test_editing_forgets_what_follows_and_asks_anew(engine: FakeEngine, questions: QuestionsController) -> None:
    filters = Filters(folder="/docs")
    questions.model.open(ConversationPlace("default", 3))
    questions.model.load([answered(1), answered(2), answered(3)])
    turn = questions.model.turns[1]
    turn.stored = Turn(2, "Question 2?", 0, turn.answer, filters=filters)
    questions.edit(turn, "Better?")
    _, deleted = engine.last(DeleteTurns)
    assert deleted.turn_id == 2
    _, asked = engine.last(AskQuestion)
    assert asked.question == "Better?" and asked.filters == filters and len(asked.history) == 2
    assert questions.model.questions() == ["Question 1?", "Better?"]


def test_editing_before_the_first_save_never_deletes_the_new_question(
    engine: FakeEngine, questions: QuestionsController
) -> None:
    questions.model.open(ConversationPlace("default", 3))
    turn = questions.ask("Tpyo?")
    assert turn is not None
    saving, _ = engine.last(SaveTurn)
    questions.edit(turn, "Typo?")
    assert len([h for h in engine.started if isinstance(h.job, SaveTurn)]) == 1  # the new one waits
    engine.finish(SaveTurn, Turn(1, "Tpyo?", 0))
    order = [type(handle.job).__name__ for handle in engine.started if handle is not saving]
    assert order.index("DeleteTurns") < len(order) - 1 - order[::-1].index("SaveTurn")
    _, kept = engine.last(SaveTurn)
    assert kept.turn.question == "Typo?"


def test_feedback_is_stored(engine: FakeEngine, questions: QuestionsController) -> None:
    questions.model.open(ConversationPlace("default", 3))
    questions.model.load([answered(1)])
    questions.set_feedback(questions.model.turns[0], "down")
    _, job = engine.last(SetFeedback)
    assert (job.turn_id, job.feedback) == (1, "down")


def test_the_answer_goes_on_while_another_conversation_is_shown(
    engine: FakeEngine, questions: QuestionsController
) -> None:
    turn = questions.ask("Slow?")
    store_first(engine)
    questions.model.open(ConversationPlace("default", 99))
    assert not any(turn.is_working for turn in questions.model.turns)
    engine.send(AskQuestion, found(), TextStreamed("Still"))
    questions.model.open(ConversationPlace("default", 3))
    questions.model.load([Turn(7, "Slow?", 0)], questions.living)
    assert questions.model.turns == [turn] and questions.model.is_working
    engine.finish(AskQuestion, answer("Slow?", "Still here [1]."))
    _, saved = engine.last(SaveTurn)
    assert saved.conversation_id == 3 and saved.turn.answer is not None


def test_nothing_of_a_deleted_conversation_is_written(engine: FakeEngine, questions: QuestionsController) -> None:
    questions.ask("Gone?")
    store_first(engine)
    before = len([h for h in engine.started if isinstance(h.job, SaveTurn)])
    questions.forget_conversation("default", 3)
    assert not engine.running(AskQuestion)
    assert len([h for h in engine.started if isinstance(h.job, SaveTurn)]) == before
