"""The part of the bottom bar that shows documents being added."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QToolButton, QWidget

from app.documents.indexing_state import IndexingState, IndexingView
from app.kit.design import S
from app.kit.elided_label import ElidedLabel
from app.kit.resources import icon
from app.kit.text import Translated, tr, tr_count

_BAR_WIDTH = 120


class IndexingBar(Translated, QWidget):
    """Hidden while nothing is added. Says what the person wants with pausing, going on and stopping."""

    pause_requested = Signal()
    resume_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, state: IndexingState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.text = ElidedLabel()
        self.progress = QProgressBar(textVisible=False)
        self.progress.setFixedWidth(_BAR_WIDTH)
        self.time_left = QLabel()
        self.time_left.setProperty("kind", "small")
        self.pause_button = self._button()
        self.pause_button.clicked.connect(self._pause_or_resume)
        self.cancel_button = self._button()
        self.cancel_button.clicked.connect(self.cancel_requested)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(S)
        for part in (self.text, self.progress, self.time_left, self.pause_button, self.cancel_button):
            layout.addWidget(part, 1 if part is self.text else 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        state.changed.connect(self._show)
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Adding documents"))
        self.progress.setAccessibleName(tr("Progress of adding documents"))
        _name(self.cancel_button, tr("Stop adding. What was read so far stays."))
        self._show()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show()

    def _button(self) -> QToolButton:
        button = QToolButton()
        button.setIconSize(QSize(16, 16))
        button.setMinimumSize(28, 28)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _pause_or_resume(self) -> None:
        view = self._state.view
        if view is not None and view.paused:
            self.resume_requested.emit()
        else:
            self.pause_requested.emit()

    def _show(self) -> None:
        view = self._state.view
        self.setVisible(view is not None)
        if view is None:
            return
        self.text.set_whole_text(sentence(view))
        known = view.total is not None and view.stage in ("read", "embed")
        self.progress.setRange(0, view.total or 1 if known else 0)
        self.progress.setValue(view.done if known else 0)
        self.time_left.setText(time_text(view))
        self.time_left.setVisible(bool(self.time_left.text()))
        self.pause_button.setIcon(icon("play" if view.paused else "pause"))
        _name(self.pause_button, tr("Go on adding") if view.paused else tr("Pause adding"))
        self.cancel_button.setIcon(icon("close"))
        for button in (self.pause_button, self.cancel_button):
            button.setEnabled(not view.stopping)


def sentence(view: IndexingView) -> str:
    """What is going on, in a line."""
    parts = [_stage_text(view)]
    if view.library:
        parts.append(tr("in “{library}”", library=view.library))
    if view.waiting:
        parts.append(tr_count(view.waiting, "1 more is waiting", "{count} more are waiting"))
    return " · ".join(parts)


def time_text(view: IndexingView) -> str:
    """Coarse on purpose: nobody plans by seconds."""
    seconds = view.seconds_left
    if seconds is None or view.paused or view.stopping:
        return ""
    if seconds < 50:
        return tr("less than a minute left")
    minutes = max(1, round(seconds / 60))
    if minutes < 90:
        return tr_count(minutes, "about 1 minute left", "about {count} minutes left")
    return tr_count(round(minutes / 60), "about 1 hour left", "about {count} hours left")


def _stage_text(view: IndexingView) -> str:
    if view.stopping:
        return tr("Stopping…")
    if view.stage == "waiting":
        return tr("Waiting to begin…")
    if view.stage == "scan":
        return _scan_text(view)
    if view.stage == "read":
        counted = {"done": f"{view.done:,}", "total": f"{view.total or 0:,}"}
        text = (
            tr("Paused at {done} of {total}", **counted) if view.paused else tr("Reading {done} of {total}", **counted)
        )
        return f"{text} · {view.detail}" if view.detail and not view.paused else text
    share = f"{100 * view.done // max(1, view.total or 1)}"
    if view.paused:
        return tr("Ready to ask · learning the meaning is paused at {percent} %", percent=share)
    return tr("Ready to ask · learning the meaning, {percent} %", percent=share)


def _scan_text(view: IndexingView) -> str:
    if view.paused:
        return tr("Paused")
    if not view.done:
        return tr("Looking for documents…")
    return tr_count(view.done, "Looking for documents: 1 found", "Looking for documents: {count} found")


def _name(button: QToolButton, text: str) -> None:
    button.setToolTip(text)
    button.setAccessibleName(text)
