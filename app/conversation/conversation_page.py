"""The middle of the window while asking: the conversation, and the question box below it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.conversation.conversation_model import ConversationModel
from app.conversation.conversation_view import ConversationView
from app.conversation.question_box import QuestionBox
from app.kit.layout import column, wide
from app.kit.text import Translated, tr


class ConversationPage(Translated, QWidget):
    """Says why nothing can be asked while that is so. `escaped`: the key was pressed and there was nothing to stop."""

    escaped = Signal()

    def __init__(self, model: ConversationModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = ConversationView(model)
        self.box = QuestionBox()
        self.box.set_earlier(lambda: [turn.question for turn in model.turns])
        self._model = model
        model.working_changed.connect(self.box.set_working)
        self.box.field.escaped.connect(self._pass_escape)
        self.setFocusProxy(self.box.field)
        self._has_models = True
        self._has_library = True
        column(wide(self.view), self.box, gap=0, on=self)
        self.retranslate()

    def set_has_models(self, has_models: bool) -> None:
        self._has_models = has_models
        self.retranslate()

    def set_library(self, name: str) -> None:
        self._has_library = bool(name)
        self.retranslate()

    def retranslate(self) -> None:
        if not self._has_models:
            self.box.set_blocked(tr("The models are not there yet: the start page prepares them."))
        elif not self._has_library:
            self.box.set_blocked(tr("Add documents first: drop them anywhere on the window."))
        else:
            self.box.set_blocked("")

    def _pass_escape(self) -> None:
        if not self._model.is_working:
            self.escaped.emit()
