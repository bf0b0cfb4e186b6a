"""Notices above the content: one at a time, the others wait their turn. Showing one never moves the focus."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QEasingCurve, QPropertyAnimation, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QSizePolicy,
    QWidget,
)

from app.kit.button import Button, IconButton
from app.kit.design import XS, L, M, S
from app.kit.label import Label, Picture
from app.kit.layout import at_top, column, held, row, set_kind, wide
from app.kit.notices import Notice
from app.kit.text import Translated, tr

_SLIDE_MS = 160
_STAY_MS = 8_000
_ROOMY_PX = 640
_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_LOOKS = {
    "info": ("info", "accent"),
    "success": ("check-circle", "success"),
    "warning": ("warning", "warning"),
    "error": ("warning", "danger"),
}


class NoticeBar(Translated, QWidget):
    """`shown` carries the text, for screen readers."""

    shown = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._waiting: deque[Notice] = deque()
        self._notice: Notice | None = None
        self._build()
        self._slide = QPropertyAnimation(self, b"maximumHeight", self)
        self._slide.setDuration(_SLIDE_MS)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._slide.finished.connect(self._settle)
        self._leaving = QTimer(self, singleShot=True, interval=_STAY_MS)
        self._leaving.timeout.connect(self._leave_unless_read)
        self.hide()

    @property
    def notice(self) -> Notice | None:
        return self._notice

    def show_notice(self, notice: Notice) -> None:
        """Now, or after those that are there. What is there already is not said twice."""
        self._waiting = deque(other for other in self._waiting if not _outdates(notice, other))
        if self._notice is None or _outdates(notice, self._notice):
            self._leaving.stop()
            self._present(notice)
        elif not any(_says_the_same(notice, other) for other in (self._notice, *self._waiting)):
            self._waiting.append(notice)
        self._name_close()

    def close_notice(self) -> None:
        """The next one follows, if any waits."""
        self._leaving.stop()
        if self._waiting:
            self._present(self._waiting.popleft())
            return
        self._notice = None
        self._slide.stop()
        self._slide.setStartValue(self.height())
        self._slide.setEndValue(0)
        self._slide.start()

    def shutdown(self) -> None:
        self._slide.stop()
        self._leaving.stop()

    def retranslate(self) -> None:
        self._name_close()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Where there is little room, the buttons stand below the words."""
        super().resizeEvent(event)
        is_narrow = self.width() < _ROOMY_PX
        self._content.setDirection(QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight)
        self._content.setAlignment(self._buttons, Qt.AlignmentFlag.AlignLeft if is_narrow else _MIDDLE)

    def _build(self) -> None:
        self._icon, self._text, self._advice = Picture("info"), Label(kind="strong", wraps=True), Label(wraps=True)
        for label in (self._text, self._advice):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._action, self._copy = Button("", self._act), Button(tr("Copy details"), self._copy_details, "quiet")
        self._close = IconButton("close", clicked=self.close_notice, px=16, tip=tr("Close"))
        self._buttons = row(self._action, self._copy, gap=S)
        self._content = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._content.setSpacing(M)
        self._content.addLayout(column(self._text, self._advice, gap=2), 1)
        self._content.addLayout(self._buttons)
        whole = row(at_top(self._icon), wide(self._content), at_top(self._close), gap=M, margins=(M, S, M, S))
        self._frame = held(whole)
        column(self._frame, margins=(L, M, L, XS), on=self)

    def _present(self, notice: Notice) -> None:
        self._notice = notice
        self._text.setText(notice.text)
        self._advice.setText(notice.advice)
        self._advice.setVisible(bool(notice.advice))
        self._action.setText(notice.action_label)
        self._action.setVisible(notice.action is not None and bool(notice.action_label))
        self._copy.setVisible(bool(notice.details))
        set_kind(self._frame, notice.level)
        self._icon.show_icon(*_LOOKS[notice.level])
        self._name_close()
        self._open()
        if not notice.lasting:
            self._leaving.start()
        self.shown.emit(f"{notice.text} {notice.advice}".strip())

    def _open(self) -> None:
        was_shown = self.isVisible() and self.maximumHeight() > 0
        self._slide.stop()
        self.show()
        if was_shown:
            self._settle()
            return
        self._slide.setStartValue(0)
        self._slide.setEndValue(max(self.sizeHint().height(), self.heightForWidth(self.width())))
        self.setMaximumHeight(0)
        self._slide.start()

    def _settle(self) -> None:
        """After sliding: free to grow when words wrap, or gone."""
        if self._notice is None:
            self.hide()
        self.setMaximumHeight(16_777_215)

    def _leave_unless_read(self) -> None:
        """Nobody loses a notice that they are reading or about to act upon."""
        if self.underMouse() or self.isAncestorOf(self.focusWidget() or self):
            self._leaving.start()
        else:
            self.close_notice()

    def _act(self) -> None:
        notice = self._notice
        self.close_notice()
        if notice is not None and notice.action is not None:
            notice.action()

    def _copy_details(self) -> None:
        if self._notice is not None:
            QGuiApplication.clipboard().setText(f"{self._notice.text}\n{self._notice.details}")

    def _name_close(self) -> None:
        waiting = len(self._waiting)
        more = tr("Close this message ({count} more)", count=waiting)
        self._close.set_words(more if waiting else tr("Close this message"))


def _says_the_same(notice: Notice, other: Notice) -> bool:
    return notice.text == other.text and notice.action_label in ("", other.action_label)


def _outdates(notice: Notice, other: Notice) -> bool:
    """`other` need not be seen any more: there is news, or the same words come with something to do about it."""
    if notice.text == other.text:
        return bool(notice.action_label) and not other.action_label
    return bool(notice.topic) and notice.topic == other.topic
