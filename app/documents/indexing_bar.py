"""The part of the bottom bar that shows documents being added."""

from __future__ import annotations

from PySide6.QtCore import Signal

from app.documents.indexing_state import IndexingState, IndexingView
from app.kit.button import IconButton
from app.kit.label import Label
from app.kit.progress_strip import ProgressStrip
from app.kit.text import tr, tr_count

_BAR_WIDTH = 120


class IndexingBar(ProgressStrip):
    """Hidden while nothing is added. Says what the person wants with pausing, going on and stopping."""

    pause_requested = Signal()
    resume_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, state: IndexingState) -> None:
        time_left, pause = Label(kind="small"), IconButton("pause", px=16)
        cancel = IconButton("close", tr("Stop adding. What was read so far stays."), px=16)
        name, name_of_bar = tr("Adding documents"), tr("Progress of adding documents")
        super().__init__(name, name_of_bar, _BAR_WIDTH, time_left, pause, cancel)
        self._state = state
        self.time_left, self.pause_button, self.cancel_button = time_left, pause, cancel
        pause.clicked.connect(self._pause_or_resume)
        cancel.clicked.connect(self.cancel_requested)
        state.changed.connect(self.retranslate)
        self.retranslate()

    def _pause_or_resume(self) -> None:
        view = self._state.view
        if view is not None and view.paused:
            self.resume_requested.emit()
        else:
            self.pause_requested.emit()

    def retranslate(self) -> None:
        view = self._state.view
        self.setVisible(view is not None)
        if view is None:
            return
        self.text.set_whole_text(sentence(view))
        known = view.total is not None and view.stage in ("read", "embed")
        self.show_progress(view.done if known else 0, view.total or 1 if known else None)
        self.time_left.setText(time_text(view))
        self.time_left.setVisible(bool(self.time_left.text()))
        self.pause_button.show_icon("play" if view.paused else "pause")
        self.pause_button.set_words(tr("Go on adding") if view.paused else tr("Pause adding"))
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
