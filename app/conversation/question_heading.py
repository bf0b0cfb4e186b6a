"""The question above its answer, and the field in which it can be asked differently."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QFrame, QWidget

from app.kit.button import Button, IconButton
from app.kit.design import S
from app.kit.growing_edit import GrowingEdit
from app.kit.label import paragraph
from app.kit.layout import STRETCH, at_top, column, row, wide
from app.kit.text import Translated, tr


class QuestionHeading(Translated, QWidget):
    """`edited` carries the new question."""

    edited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = paragraph(kind="heading")
        tip = tr("Edit this question and ask again")
        self._edit = IconButton("", tr("Edit question"), self.begin_edit, tip=tip)
        self._edit.installEventFilter(self)
        self._column = column(row(wide(self._words), at_top(self._edit), gap=S), on=self)
        self._editor: _QuestionEditor | None = None

    @property
    def question(self) -> str:
        return self._words.text()

    def set_question(self, question: str) -> None:
        self._words.setText(question)

    def begin_edit(self) -> None:
        """Show the field with the question in it."""
        if self._editor is not None:
            return
        self._editor = _QuestionEditor(self._words.text(), self)
        self._editor.finished.connect(self._end_edit)
        self._words.hide()
        self._edit.hide()
        self._column.addWidget(self._editor)
        self._editor.begin()

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802 - Qt's name
        self._edit.show_icon("edit")
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        self._edit.show_icon("edit" if self._edit.hasFocus() else "")
        super().leaveEvent(event)

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """The pencil is seen under the pointer and while it has the keyboard."""
        if watched is self._edit and event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            seen = event.type() == QEvent.Type.FocusIn or self.underMouse()
            self._edit.show_icon("edit" if seen else "")
        return False

    def _end_edit(self, question: str) -> None:
        if self._editor is not None:
            self._editor.hide()
            self._editor.deleteLater()
            self._editor = None
        self._words.show()
        self._edit.show()
        if question and question != self._words.text():
            self.edited.emit(question)
        else:
            self._edit.setFocus()


class _QuestionEditor(Translated, QFrame):
    """`finished` carries the question, "" when it was given up."""

    finished = Signal(str)

    def __init__(self, question: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._field = GrowingEdit(self)
        self._field.set_text(question)
        self.say(self._field.setAccessibleName, tr("Question"))
        cancel = Button(tr("Cancel"), self._give_up, "quiet")
        ask = Button(tr("Ask"), self._send, "primary")
        column(self._field, row(STRETCH, cancel, ask, gap=S), margins=(S, S, S, S), on=self)
        self._field.sent.connect(self._send)
        self._field.escaped.connect(self._give_up)

    def begin(self) -> None:
        self._field.setFocus()

    def _give_up(self) -> None:
        self.finished.emit("")

    def _send(self) -> None:
        if question := self._field.toPlainText().strip():
            self.finished.emit(question)
