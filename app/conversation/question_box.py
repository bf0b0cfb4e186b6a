"""Where questions are typed. Enter sends, Shift+Enter breaks the line, Up recalls, Esc stops."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolButton, QWidget

from app.conversation.filter_popup import FilterPopup, filter_words
from app.kit.button import Button, IconButton
from app.kit.design import RADIUS, READING_WIDTH, XS, L, M, S, colours
from app.kit.growing_edit import GrowingEdit
from app.kit.label import Label
from app.kit.layout import STRETCH, Placed, column, held, row, wide
from app.kit.resources import icon
from app.kit.text import Translated, tr
from rag_core.types import Filters

_BUTTON = 32


class QuestionBox(Translated, QWidget):
    """`asked` carries the question, `filters_changed` the `Filters` for this and the following ones."""

    asked = Signal(str)
    stop_requested = Signal()
    filters_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_working = False
        self._reason = ""
        self._earlier: Callable[[], Sequence[str]] = tuple
        self._recalled_at = 0  # how far back: 0 is what is being typed
        self._draft = ""
        self.filters = Filters()
        self.field = GrowingEdit(self)
        self.say(self.field.setPlaceholderText, tr("Ask about your documents…"))
        self.say(self.field.setAccessibleName, tr("Question"))
        hint = tr("Enter asks, Shift and Enter begins a new line, Up recalls")
        self.say(self.field.setAccessibleDescription, hint)
        tip = tr("Search only some of the documents")
        self._filter = IconButton("filter", tr("Narrow the search"), side=_BUTTON, tip=tip)
        self.send_button = _SendButton()
        self._chip = Button(kind="chip")
        self._chip.hide()
        self._note = Label(kind="small", wraps=True)
        self._note.hide()
        self._popup = FilterPopup(self)
        self._lay_out()
        self._connect()
        self._draw_icons()
        self.retranslate()

    def _lay_out(self) -> None:
        self._frame = _Field(self.field)
        bottom = Qt.AlignmentFlag.AlignBottom
        buttons = (Placed(self._filter, side=bottom), Placed(self.send_button, side=bottom))
        row(wide(self.field), *buttons, gap=XS, margins=(S, 6, 6, 6), on=self._frame)
        inner = held(column(row(self._chip, STRETCH), self._frame, self._note, gap=XS))
        inner.setMaximumWidth(READING_WIDTH + 2 * S)
        row(STRETCH, wide(inner, 1000), STRETCH, margins=(L - S, XS, L - S, M), on=self)

    def _connect(self) -> None:
        self.field.sent.connect(self._ask)
        self.field.escaped.connect(self._escape)
        self.field.recalled.connect(self._recall)
        self.field.textChanged.connect(self._draw_icons)
        self.send_button.clicked.connect(self._press)
        self._filter.clicked.connect(lambda: self._popup.open_at(self._filter, self.filters))
        self._chip.clicked.connect(lambda: self._popup.open_at(self._chip, self.filters))
        self._popup.chosen.connect(self.set_filters)

    # For the window

    def set_working(self, is_working: bool) -> None:
        """While a question runs, the button stops it."""
        self._is_working = is_working
        self._draw_icons()
        self.retranslate()

    def set_blocked(self, reason: str) -> None:
        """Say why nothing can be asked ("" when it can)."""
        self._reason = reason
        self.field.setEnabled(not reason)
        self._filter.setEnabled(not reason)
        self._note.setText(reason)
        self._note.setVisible(bool(reason))
        self._draw_icons()

    def set_earlier(self, questions: Callable[[], Sequence[str]]) -> None:
        """Where Up finds what was asked before, oldest first."""
        self._earlier = questions

    def set_filters(self, filters: Filters) -> None:
        changed = filters != self.filters
        self.filters = filters
        self._chip.setVisible(bool(filters))
        self.retranslate()
        if changed:
            self.filters_changed.emit(filters)

    def set_folders(self, folders: Sequence[str]) -> None:
        """The folders that a question can be narrowed to."""
        self._popup.set_folders(folders)

    def set_text(self, text: str) -> None:
        self.field.set_text(text)

    def text(self) -> str:
        return self.field.toPlainText()

    def focus(self) -> None:
        """Ready to type."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def retranslate(self) -> None:
        self.send_button.setAccessibleName(tr("Stop") if self._is_working else tr("Ask"))
        self.send_button.setToolTip(tr("Stop the answer (Esc)") if self._is_working else tr("Ask (Enter)"))
        self._chip.setText(filter_words(self.filters))
        self._chip.setAccessibleName(tr("Only searching: {what}", what=filter_words(self.filters)))

    def retheme(self) -> None:
        self._draw_icons()

    # What is typed and pressed

    def _press(self) -> None:
        if self._is_working and not self.text().strip():
            self.stop_requested.emit()
        else:
            self._ask()

    def _ask(self) -> None:
        question = self.text().strip()
        if not question or self._reason:
            return
        self._recalled_at, self._draft = 0, ""
        self.field.clear()
        self.asked.emit(question)

    def _escape(self) -> None:
        if self._is_working:
            self.stop_requested.emit()

    def _recall(self, step: int) -> None:
        earlier = list(self._earlier())
        at = self._recalled_at - step
        if not 0 <= at <= len(earlier):
            return
        if self._recalled_at == 0:
            self._draft = self.text()
        self._recalled_at = at
        self.field.set_text(earlier[-at] if at else self._draft)
        if step < 0:
            self.field.moveCursor(self.field.textCursor().MoveOperation.Start)

    def _draw_icons(self) -> None:
        chosen = colours()
        stops = self._is_working and not self.text().strip()
        can_send = stops or (bool(self.text().strip()) and not self._reason)
        self.send_button.setEnabled(can_send)
        self.send_button.setIcon(icon("stop" if stops else "send", chosen.on_accent if can_send else chosen.muted))
        self._filter.show_icon("filter", "accent" if self.filters else "muted")


class _SendButton(QToolButton):
    """Round and filled while it can be pressed."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(_BUTTON, _BUTTON)
        self.setIconSize(QSize(18, 18))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        chosen = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self.rect().toRectF().adjusted(1, 1, -1, -1)
        fill = chosen.raised
        if self.isEnabled():
            fill = chosen.accent_strong if self.underMouse() or self.isDown() else chosen.accent
        painter.setBrush(QColor(fill))
        painter.setPen(QPen(QColor(chosen.text), 2.0) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.drawEllipse(area)
        size = self.iconSize()
        mode = QIcon.Mode.Normal if self.isEnabled() else QIcon.Mode.Disabled
        corner = QPoint((self.width() - size.width()) // 2, (self.height() - size.height()) // 2)
        self.icon().paint(painter, QRect(corner, size), Qt.AlignmentFlag.AlignCenter, mode)


class _Field(QWidget):
    """The frame around field and buttons: one field to the eye, its border tells where the keyboard is."""

    def __init__(self, field: GrowingEdit) -> None:
        super().__init__()
        self._field = field
        field.installEventFilter(self)

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # noqa: ARG002, N802 - Qt's name
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        chosen = colours()
        focused = self._field.hasFocus()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(chosen.surface))
        painter.setPen(QPen(QColor(chosen.focus if focused else chosen.control), 2.0 if focused else 1.0))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(1, 1, -1, -1), RADIUS + XS, RADIUS + XS)
