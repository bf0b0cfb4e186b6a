"""Notices above the content: one at a time, the others wait their turn. Showing one never moves the focus."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QEasingCurve, QEvent, QPropertyAnimation, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.kit.design import XS, L, M, S, colours
from app.kit.notices import Notice
from app.kit.resources import icon
from app.kit.text import Translated, tr

_SLIDE_MS = 160
_STAY_MS = 8_000
_ROOMY_PX = 640
_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_ICONS = {"info": "info", "success": "check-circle", "warning": "warning", "error": "warning"}


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
        self.retranslate()

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
        self._copy.setText(tr("Copy details"))
        self._close.setToolTip(tr("Close"))
        self._name_close()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Where there is little room, the buttons stand below the words."""
        super().resizeEvent(event)
        is_narrow = self.width() < _ROOMY_PX
        self._content.setDirection(QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight)
        self._content.setAlignment(self._buttons, Qt.AlignmentFlag.AlignLeft if is_narrow else _MIDDLE)

    def _build(self) -> None:
        self._frame = QFrame()
        self._icon, self._text, self._advice = QLabel(), QLabel(), QLabel()
        self._text.setProperty("kind", "strong")
        for label in (self._text, self._advice):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._action, self._copy, self._close = QPushButton(), QPushButton(), QToolButton()
        self._copy.setProperty("kind", "quiet")
        self._close.setIconSize(QSize(16, 16))
        self._close.setMinimumSize(28, 28)
        self._action.clicked.connect(self._act)
        self._copy.clicked.connect(self._copy_details)
        self._close.clicked.connect(self.close_notice)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._text)
        words.addWidget(self._advice)
        self._buttons = buttons = QHBoxLayout()
        buttons.setSpacing(S)
        buttons.addWidget(self._action)
        buttons.addWidget(self._copy)
        self._content = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._content.setSpacing(M)
        self._content.addLayout(words, 1)
        self._content.addLayout(buttons)
        row = QHBoxLayout(self._frame)
        row.setContentsMargins(M, S, S, S)
        row.setSpacing(M)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(self._content, 1)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(L, M, L, XS)
        outer.addWidget(self._frame)

    def _present(self, notice: Notice) -> None:
        self._notice = notice
        self._text.setText(notice.text)
        self._advice.setText(notice.advice)
        self._advice.setVisible(bool(notice.advice))
        self._action.setText(notice.action_label)
        self._action.setVisible(notice.action is not None and bool(notice.action_label))
        self._copy.setVisible(bool(notice.details))
        self._frame.setProperty("kind", notice.level)
        self._frame.style().unpolish(self._frame)
        self._frame.style().polish(self._frame)
        self._paint()
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
        self._close.setAccessibleName(
            tr("Close this message ({count} more)", count=waiting) if waiting else tr("Close this message")
        )

    def _paint(self) -> None:
        level = self._notice.level if self._notice else "info"
        tones = {"info": colours().accent, "success": colours().success, "warning": colours().warning}
        tone = tones.get(level, colours().danger)
        self._icon.setPixmap(icon(_ICONS[level], tone).pixmap(20, 20))
        self._close.setIcon(icon("close"))


def _says_the_same(notice: Notice, other: Notice) -> bool:
    return notice.text == other.text and notice.action_label in ("", other.action_label)


def _outdates(notice: Notice, other: Notice) -> bool:
    """`other` need not be seen any more: there is news, or the same words come with something to do about it."""
    if notice.text == other.text:
        return bool(notice.action_label) and not other.action_label
    return bool(notice.topic) and notice.topic == other.topic
