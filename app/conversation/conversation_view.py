"""The middle of the window: the turns, what an empty conversation offers, and the way back to the end."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from app.conversation.conversation_model import ConversationModel, Phase, ShownTurn
from app.conversation.conversation_start import ConversationStart
from app.conversation.turn_card import TurnCard
from app.conversation.turn_list import TurnList
from app.kit.button import Button
from app.kit.design import BODY, M
from app.kit.layout import column, held
from app.kit.resources import icon
from app.kit.text import Translated, tr

_LINE_PIXELS = int(BODY * 1.45)
_WITHOUT_TEXT = 300  # question, quote, sources and actions of an ordinary turn


class ConversationView(Translated, QWidget):
    """Shows a `ConversationModel`; says what the person wants of a turn.

    `citation_chosen` carries the places of the turn, a tuple of `SourceTarget`, and which of them; `question_chosen`
    an example question.
    """

    citation_chosen = Signal(object, int)
    retry_requested = Signal(object)
    edit_requested = Signal(object, str)
    feedback_given = Signal(object, str)
    question_chosen = Signal(str)

    def __init__(self, model: ConversationModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._list = TurnList(self._make_card, self._estimate, self)
        self.say(self._list.setAccessibleName, tr("Conversation"))
        self._start = ConversationStart(self)
        self._start.question_chosen.connect(self.question_chosen)
        self._blank = QWidget(self)
        self._stack = QStackedLayout()
        for page in (self._start, self._list, self._blank):
            self._stack.addWidget(page)
        column(held(self._stack), on=self)
        self._jump = Button(tr("Jump to the end"), self._list.jump_to_end)
        self._jump.setParent(self)
        self._jump.hide()
        self._list.end_left.connect(self._offer_jump)
        model.was_reset.connect(self._reset)
        model.turns_added.connect(self._add)
        model.turns_removed.connect(self._remove)
        model.turn_changed.connect(self._refresh)
        model.text_streamed.connect(self._stream)
        model.suggestions_changed.connect(self._show_start)
        self.retheme()
        self._reset()

    @property
    def turn_list(self) -> TurnList:
        return self._list

    def card_of(self, turn: ShownTurn) -> TurnCard | None:
        """The card of a turn, where it exists at the moment."""
        return next((c for c in self._list.cards.values() if isinstance(c, TurnCard) and c.turn is turn), None)

    def retranslate(self) -> None:
        self._place_jump()

    def retheme(self) -> None:
        self._jump.setIcon(icon("arrow-down"))

    def _make_card(self, index: int, parent: QWidget) -> QWidget:
        card = TurnCard(self._model.turns[index], parent)
        card.citation_chosen.connect(self.citation_chosen)
        card.retry_requested.connect(self.retry_requested)
        card.edit_requested.connect(self.edit_requested)
        card.feedback_given.connect(self.feedback_given)
        card.height_changed.connect(lambda: self._list.remeasure(card))
        return card

    def _estimate(self, index: int, width: int) -> int:
        turn = self._model.turns[index]
        if turn.phase is Phase.FAILED:
            return 120
        per_line = max(width // 7, 20)
        lines = len(turn.text) // per_line + turn.text.count("\n") + 1
        return _WITHOUT_TEXT + lines * _LINE_PIXELS

    def _reset(self) -> None:
        self._list.reset(len(self._model.turns))
        self._show_start()

    def _add(self, _first: int, count: int) -> None:
        was_working = self._model.turns[-1].is_working
        self._list.append(count)
        self._show_start()
        if was_working:
            self._list.jump_to_end()  # a question that was just asked is what the person wants to see

    def _remove(self, first: int) -> None:
        self._list.truncate(first)
        self._show_start()

    def _show_start(self) -> None:
        model = self._model
        self._start.show_offer(model.library, model.suggestions)
        is_loading = not model.turns and model.place.conversation_id != 0
        page = self._list if model.turns else self._blank if is_loading else self._start
        self._stack.setCurrentWidget(page)

    def _refresh(self, turn: ShownTurn) -> None:
        if card := self.card_of(turn):
            card.refresh()

    def _stream(self, turn: ShownTurn) -> None:
        if card := self.card_of(turn):
            card.stream()

    def _offer_jump(self, is_away: bool) -> None:
        self._jump.setVisible(is_away and bool(self._model.turns))
        self._jump.raise_()
        self._place_jump()

    def _place_jump(self) -> None:
        size = self._jump.sizeHint()
        self._jump.resize(size)
        self._jump.move(QPoint((self.width() - size.width()) // 2, self.height() - size.height() - M))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._place_jump()
