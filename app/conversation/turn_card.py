"""One turn of the conversation, from the question to its proof. No box around it: space and type keep it together."""

from __future__ import annotations

import time
from typing import TypeVar

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QWidget

from app.conversation.answer_text import AnswerText
from app.conversation.conversation_model import Phase, ShownTurn
from app.conversation.failure_card import FailureCard
from app.conversation.not_found_card import NotFoundCard
from app.conversation.passage_list import PassageList
from app.conversation.proof import Proof, answer_with_sources, proof_of
from app.conversation.question_heading import QuestionHeading
from app.conversation.quote_card import QuoteCard
from app.conversation.support import Support, support_of
from app.conversation.support_line import SupportLine
from app.conversation.turn_actions import TurnActions
from app.kit.design import M
from app.kit.layout import column
from app.kit.markdown import Marker, Remark
from app.kit.text import Translated, tr, tr_message

_FRAME_MS = 33
_SHOWN_WHILE_WORKING = 3
Part = TypeVar("Part", bound=QWidget)


class TurnCard(Translated, QWidget):
    """Shows `turn`; call `refresh` when it changed and `stream` when only its text has grown."""

    citation_chosen = Signal(object, int)
    retry_requested = Signal(object)
    edit_requested = Signal(object, str)
    feedback_given = Signal(object, str)
    height_changed = Signal()

    def __init__(self, turn: ShownTurn, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.turn = turn
        self._proof = Proof()
        self._heading = QuestionHeading(self)
        self._heading.set_question(turn.question)
        self._heading.edited.connect(lambda question: self.edit_requested.emit(self.turn, question))
        self._column = column(self._heading, gap=M, on=self)
        self._parts: dict[str, QWidget] = {}
        self._frame = QTimer(self, singleShot=True)
        self._frame.timeout.connect(self._show_streamed)
        self.refresh()

    def refresh(self) -> None:
        """Show the turn as it is now."""
        self._frame.stop()
        turn = self.turn
        self._proof = proof_of(turn)
        self._show_quote()
        self._show_failure()
        self._show_status()
        self._show_text()
        self._show_passages()
        self._show_actions()
        self.retranslate()

    def stream(self) -> None:
        """Text has arrived: shown with the next frame, so that fast models cost no more than slow ones."""
        if not self._frame.isActive():
            self._frame.start(_FRAME_MS)

    def retranslate(self) -> None:
        self.setAccessibleName(self._spoken())
        notices = self._parts.get("notices")
        if isinstance(notices, QLabel):
            notices.setText(self._notice_words())
        status = self._parts.get("status")
        if isinstance(status, QLabel):
            status.setText(self._status_words())

    def _spoken(self) -> str:
        """Question and state, for those who do not see them."""
        question = self.turn.question
        phase = self.turn.phase
        if phase is Phase.FINISHED:
            return tr("Question: {question} (answered)", question=question)
        if phase is Phase.NOT_FOUND:
            return tr("Question: {question} (not found)", question=question)
        if phase is Phase.STOPPED:
            return tr("Question: {question} (stopped)", question=question)
        if phase is Phase.FAILED:
            return tr("Question: {question} (failed)", question=question)
        return tr("Question: {question} (being answered)", question=question)

    def _notice_words(self) -> str:
        return "\n".join(tr_message(each) for each in self.turn.search_notices)

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self.height_changed.emit()
        return handled

    # Parts, made when they are first needed, in the order of the page

    _ORDER = ("quote", "text", "stopped", "not_found", "failure", "status", "support", "passages", "notices", "actions")

    def _part(self, name: str, kind: type[Part]) -> Part:
        found = self._parts.get(name)
        if isinstance(found, kind):
            found.setVisible(True)
            return found
        made = kind(self)
        before = sum(1 for each in self._ORDER[: self._ORDER.index(name)] if each in self._parts)
        self._column.insertWidget(1 + before, made)
        self._parts[name] = made
        self._connect(name, made)
        made.show()
        return made

    def _connect(self, name: str, made: QWidget) -> None:
        if isinstance(made, QuoteCard):
            made.opened.connect(lambda: self._choose(self._proof.of_quote))
        elif isinstance(made, AnswerText | NotFoundCard | PassageList | SupportLine):
            made.place_chosen.connect(self._choose)
        if isinstance(made, PassageList):
            made.expanded.connect(self._remember_expanded)
        elif isinstance(made, SupportLine):
            made.expanded.connect(self._remember_checks_expanded)
        elif isinstance(made, FailureCard):
            made.retry_requested.connect(lambda: self.retry_requested.emit(self.turn))
        elif isinstance(made, TurnActions):
            made.copy_requested.connect(self._copy)
            made.retry_requested.connect(lambda: self.retry_requested.emit(self.turn))
            made.feedback_given.connect(lambda feedback: self.feedback_given.emit(self.turn, feedback))
        elif isinstance(made, QLabel):
            made.setProperty("kind", "small" if name != "status" else "muted")
            made.setWordWrap(True)

    def _hide(self, *names: str) -> None:
        for name in names:
            if name in self._parts:
                self._parts[name].setVisible(False)

    def _show_quote(self) -> None:
        turn = self.turn
        passage = next((each for each in turn.passages if turn.quote and each.rank == turn.quote.passage), None)
        # An answer that is nothing but the quote would say it twice; so would "not found".
        says_it_already = turn.phase is Phase.NOT_FOUND or (turn.answer is not None and not turn.answer.generated)
        if turn.quote is None or passage is None or says_it_already:
            self._hide("quote")
        else:
            self._part("quote", QuoteCard).set_quote(turn.quote, passage)

    def _show_failure(self) -> None:
        turn = self.turn
        if turn.phase is Phase.FAILED and turn.failure is not None:
            self._part("failure", FailureCard).set_failure(turn.failure)
        elif turn.phase is Phase.STOPPED and not turn.stored.stopped:
            self._part("failure", FailureCard).set_failure(None)
        else:
            self._hide("failure")

    def _show_status(self) -> None:
        if self._status_words():
            self._part("status", QLabel).setText(self._status_words())
        else:
            self._hide("status")

    def _status_words(self) -> str:
        phase = self.turn.phase
        if phase is Phase.SEARCHING:
            return tr("Looking in your documents…")
        if phase is Phase.READING:
            return tr("Reading the passages…")
        return tr("You stopped this answer.") if phase is Phase.STOPPED and self.turn.stored.stopped else ""

    def _show_text(self) -> None:
        turn = self.turn
        support = support_of(turn, self._proof) if turn.phase is Phase.FINISHED else Support()
        if support.sentences:
            self._part("support", SupportLine).set_support(support, turn.checks_expanded)
        else:
            self._hide("support")
        if turn.phase is Phase.NOT_FOUND or not turn.text:
            self._hide("text")
            return
        text = self._part("text", AnswerText)
        if turn.phase is Phase.FINISHED:
            text.set_answer(turn.text, self._markers(), _remarks(support))
        else:
            text.set_streamed(turn.text, self._proof.of_passage)

    def _markers(self) -> list[Marker]:
        pairs = zip(self.turn.citations, self._proof.of_citation, strict=True)
        return [Marker(each.start, each.end, str(each.passage), target) for each, target in pairs if target >= 0]

    def _show_streamed(self) -> None:
        text = self._parts.get("text")
        if self.turn.phase is not Phase.STREAMING or not isinstance(text, AnswerText):
            return
        started = time.perf_counter()
        seen = len(self.turn.text)
        text.set_streamed(self.turn.text, self._proof.of_passage)
        cost_ms = (time.perf_counter() - started) * 1000
        if len(self.turn.text) > seen or cost_ms > _FRAME_MS:
            self._frame.start(int(max(_FRAME_MS, cost_ms * 3)))

    def _show_passages(self) -> None:
        turn, proof = self.turn, self._proof
        if turn.phase is Phase.NOT_FOUND:
            self._hide("passages")
            self._part("not_found", NotFoundCard).set_nearest(proof.nearest, bool(turn.stored.filters))
        else:
            self._hide("not_found")
        if turn.phase is Phase.NOT_FOUND or not turn.passages:
            self._hide("passages")
        else:
            first, rest = proof.cited, proof.uncited
            if not first:
                first, rest = proof.uncited[:_SHOWN_WHILE_WORKING], proof.uncited[_SHOWN_WHILE_WORKING:]
            self._part("passages", PassageList).set_passages(
                first, rest, is_expanded=turn.passages_expanded, are_cited=bool(proof.cited)
            )
        if turn.search_notices:
            self._part("notices", QLabel).setText(self._notice_words())
        else:
            self._hide("notices")

    def _show_actions(self) -> None:
        turn = self.turn
        has_ended_well = turn.answer is not None or turn.stored.stopped
        if turn.is_working or turn.phase is Phase.FAILED or not has_ended_well:
            self._hide("actions")
        else:
            self._part("actions", TurnActions).set_turn(turn)

    # What the person does

    def _choose(self, target: int) -> None:
        if 0 <= target < len(self._proof.targets):
            self.citation_chosen.emit(self._proof.targets, target)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(answer_with_sources(self.turn))

    def _remember_expanded(self, is_expanded: bool) -> None:
        self.turn.passages_expanded = is_expanded

    def _remember_checks_expanded(self, is_expanded: bool) -> None:
        self.turn.checks_expanded = is_expanded


def _remarks(support: Support) -> list[Remark]:
    """What the pointer is told over each sentence; those that failed are seen without it."""
    return [
        Remark(
            each.start,
            each.end,
            "\n".join(words for words in (each.said, each.detail) if words),
            is_doubt=not each.is_supported,
        )
        for each in support.sentences
    ]
