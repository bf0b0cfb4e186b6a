"""Questions: from what was typed to a turn that fills, and to the library that keeps it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from app.conversation.conversation_model import (
    ConversationModel,
    ConversationPlace,
    Phase,
    ShownTurn,
    new_turn,
    without_markers,
)
from app.conversation.turns_controller import TurnsController
from app.engine.controller import Controller
from app.engine.jobs import EngineLink, JobHandle
from app.kit.notices import notice_of
from app.kit.text import tr, tr_message
from rag_core.conversations.marked_text import one_line
from rag_core.conversations.records import Feedback
from rag_core.host.events import Failed
from rag_core.host.jobs import AskQuestion, SetFeedback
from rag_core.messages import NOTHING, Message, joined
from rag_core.types import Answer, Filters, Quote, SearchResult, TextStreamed


@dataclass(slots=True, eq=False)
class _Run:
    """One question on its way."""

    turn: ShownTurn
    place: ConversationPlace
    handle: JobHandle


class QuestionsController(Controller):
    """One question at a time. What is asked is kept at once, and again when it is answered.

    `answer_marked` says the sentence in which the answer was marked, long before `answer_finished` says the answer.
    `rebuild_wanted` carries the library's name; `conversation_created` the new conversation's number.
    """

    answer_marked = Signal(str)
    answer_finished = Signal(str)
    rebuild_wanted = Signal(str)
    conversation_created = Signal(int)
    conversation_updated = Signal(int)

    def __init__(
        self, engine: EngineLink, model: ConversationModel | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(engine, parent)
        self.model = model or ConversationModel(self)
        self._keeper = TurnsController(engine, self)
        self._keeper.noticed.connect(self.noticed)
        self._keeper.conversation_created.connect(self.conversation_created)
        self._keeper.conversation_updated.connect(self.conversation_updated)
        self._current: _Run | None = None
        self.filters = Filters()

    @property
    def living(self) -> tuple[ShownTurn, ...]:
        """Turns that are not only in the library yet: being answered, or being kept."""
        return (*self._keeper.unsaved, *((self._current.turn,) if self._current else ()))

    def set_filters(self, filters: Filters) -> None:
        """Narrow every following question."""
        self.filters = filters

    def ask(self, question: str, filters: Filters | None = None) -> ShownTurn | None:
        """Ask in the conversation on the screen; a question that is still running is stopped."""
        question = question.strip()
        if not question or not self.model.library:
            return None
        self.stop()
        turn = new_turn(self.model.library, question, time.time_ns(), self.filters if filters is None else filters)
        self.model.add(turn)
        self._keeper.keep(turn, self.model.place)
        self._start(turn)
        return turn

    def stop(self) -> None:
        """Stop the running question; what was written so far stays."""
        if self._current is not None:
            self._current.handle.cancel()

    def retry(self, turn: ShownTurn) -> None:
        """The same question again, in its place."""
        self.stop()
        if turn not in self.model.turns:
            return
        turn.restart()
        self.model.tell_changed(turn)
        self._keeper.keep(turn, self.model.place)
        self._start(turn)

    def edit(self, turn: ShownTurn, question: str) -> None:
        """Ask differently: the turn and all after it are forgotten."""
        self.stop()
        if turn not in self.model.turns or not question.strip():
            return
        self._keeper.forget(self.model.remove_from(turn), self.model.place)
        self.ask(question, turn.stored.filters)

    def set_feedback(self, turn: ShownTurn, feedback: Feedback) -> None:
        """ "up", "down" or "" for none; stays on this machine."""
        turn.stored = replace(turn.stored, feedback=feedback)
        if turn.stored.turn_id:
            self._run(SetFeedback(turn.library, turn.stored.turn_id, feedback))
        self.model.tell_changed(turn)

    def forget_conversation(self, library: str, conversation_id: int) -> None:
        """It is being deleted: a question of it that is still running is stopped and not kept."""
        places = [self.model.place, *((self._current.place,) if self._current else ())]
        for place in places:
            if (place.library, place.conversation_id) == (library, conversation_id):
                place.is_deleted = True
        if self._current is not None and self._current.place.is_deleted:
            self.stop()

    def shutdown(self) -> None:
        self.stop()

    def _start(self, turn: ShownTurn) -> None:
        history = self.model.history_before(turn)
        handle = self._job(
            AskQuestion(turn.library, turn.question, history, turn.stored.filters),
            lambda answer: self._finish(run, answer),
            lambda failure: self._fail(run, failure),
        )
        run = _Run(turn, self.model.place, handle)
        self._current = run
        handle.event_received.connect(lambda event: self._receive(run, event))
        handle.stopped.connect(lambda: self._stopped(run))
        handle.start()

    def _receive(self, run: _Run, event: object) -> None:
        turn = run.turn
        if isinstance(event, TextStreamed):
            turn.text += event.text
            if turn.phase is Phase.STREAMING:
                self.model.tell_streamed(turn)
                return
            turn.phase = Phase.STREAMING
        elif isinstance(event, SearchResult):
            turn.passages, turn.search_notices = event.passages, event.notices
            turn.phase = Phase.READING
        elif isinstance(event, Quote):
            turn.quote = event
            if event.answer_text:
                self.answer_marked.emit(tr("The document says: {words}", words=one_line(event.text)))
        elif isinstance(event, Answer):
            return  # the job's value is the same answer
        self.model.tell_changed(turn)

    def _finish(self, run: _Run, answer: Answer) -> None:
        run.turn.search_notices += answer.notices
        self._settle(run, answer=answer)
        if run.turn.phase is Phase.NOT_FOUND:
            self.answer_finished.emit(tr("Not found in these documents."))
        else:
            self.answer_finished.emit(without_markers(answer.text))

    def _fail(self, run: _Run, failure: Failed) -> None:
        run.turn.failure = failure
        problem = joined((failure.message, failure.advice))
        self._settle(run, problem=problem)
        self.answer_finished.emit(tr_message(failure.message))
        if failure.kind == "mismatch":
            library, again = run.turn.library, tr("Prepare the library again")
            notice = notice_of(failure, again, lambda: self.rebuild_wanted.emit(library))
            self.noticed.emit(replace(notice, level="warning"))

    def _stopped(self, run: _Run) -> None:
        self._settle(run, answer=_partial_answer(run.turn), stopped=True)

    def _settle(
        self, run: _Run, answer: Answer | None = None, problem: Message = NOTHING, stopped: bool = False
    ) -> None:
        turn = run.turn
        if self._current is run:
            self._current = None
        turn.stored = replace(
            turn.stored,
            answer=answer,
            problem=problem,
            stopped=stopped,
            notices=turn.search_notices,
        )
        turn.settle()
        self._keeper.keep(turn, run.place)
        self.model.tell_changed(turn)


def _partial_answer(turn: ShownTurn) -> Answer | None:
    """What was written before the stop; None where that is nothing."""
    if not turn.text.strip():
        return None
    return Answer(
        question=turn.question,
        text=turn.text,
        not_found=False,
        passages=turn.passages,
        citations=(),
        relevance=0.0,
        unsupported=(),
        timings_ms={},
        providers={},
        provenance={},
        generated=True,
        quote=turn.quote,
    )
