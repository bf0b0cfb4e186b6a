"""The question above its answer, and the field in which it can be asked differently."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QEnterEvent, QIcon
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.kit.design import S
from app.kit.growing_edit import GrowingEdit
from app.kit.resources import icon
from app.kit.text import Translated, tr


class QuestionHeading(Translated, QWidget):
    """`edited` carries the new question."""

    edited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = QLabel()
        self._words.setProperty("kind", "heading")
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._edit = QToolButton()
        self._edit.setMinimumSize(28, 28)
        self._edit.clicked.connect(self.begin_edit)
        self._edit.installEventFilter(self)
        self._row = QHBoxLayout()
        self._row.setSpacing(S)
        self._row.addWidget(self._words, 1)
        self._row.addWidget(self._edit, 0, Qt.AlignmentFlag.AlignTop)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(self._row)
        self._editor: _QuestionEditor | None = None
        self.retranslate()

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

    def retranslate(self) -> None:
        self._edit.setAccessibleName(tr("Edit question"))
        self._edit.setToolTip(tr("Edit this question and ask again"))

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802 - Qt's name
        self._edit.setIcon(icon("edit"))
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        self._edit.setIcon(icon("edit") if self._edit.hasFocus() else QIcon())
        super().leaveEvent(event)

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """The pencil is seen under the pointer and while it has the keyboard."""
        if watched is self._edit and event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            seen = event.type() == QEvent.Type.FocusIn or self.underMouse()
            self._edit.setIcon(icon("edit") if seen else QIcon())
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
        self._cancel = QPushButton()
        self._cancel.setProperty("kind", "quiet")
        self._ask = QPushButton()
        self._ask.setProperty("kind", "primary")
        buttons = QHBoxLayout()
        buttons.setSpacing(S)
        buttons.addStretch(1)
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._ask)
        column = QVBoxLayout(self)
        column.setContentsMargins(S, S, S, S)
        column.addWidget(self._field)
        column.addLayout(buttons)
        self._field.sent.connect(self._send)
        self._field.escaped.connect(lambda: self.finished.emit(""))
        self._cancel.clicked.connect(lambda: self.finished.emit(""))
        self._ask.clicked.connect(self._send)
        self.retranslate()

    def begin(self) -> None:
        self._field.setFocus()

    def retranslate(self) -> None:
        self._field.setAccessibleName(tr("Question"))
        self._cancel.setText(tr("Cancel"))
        self._ask.setText(tr("Ask"))

    def _send(self) -> None:
        if question := self._field.toPlainText().strip():
            self.finished.emit(question)
