"""The part of the bottom bar that shows documents being added."""

from __future__ import annotations

from PySide6.QtCore import Signal

from app.documents.indexing_model import IndexingModel, IndexingStatus
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

    def __init__(self, model: IndexingModel) -> None:
        time_left, pause = Label(kind="small"), IconButton("pause", px=16)
        cancel = IconButton("close", tr("Stop adding. What was read so far stays."), px=16)
        name, name_of_bar = tr("Adding documents"), tr("Progress of adding documents")
        super().__init__(name, name_of_bar, _BAR_WIDTH, time_left, pause, cancel)
        self._model = model
        self.time_left, self.pause_button, self.cancel_button = time_left, pause, cancel
        pause.clicked.connect(self._pause_or_resume)
        cancel.clicked.connect(self.cancel_requested)
        model.changed.connect(self.retranslate)
        self.retranslate()

    def _pause_or_resume(self) -> None:
        status = self._model.status
        if status is not None and status.paused:
            self.resume_requested.emit()
        else:
            self.pause_requested.emit()

    def retranslate(self) -> None:
        status = self._model.status
        self.setVisible(status is not None)
        if status is None:
            return
        self.text.set_whole_text(sentence(status))
        known = status.total is not None and status.stage in ("read", "embed")
        self.show_progress(status.done if known else 0, status.total or 1 if known else None)
        self.time_left.setText(time_text(status))
        self.time_left.setVisible(bool(self.time_left.text()))
        self.pause_button.show_icon("play" if status.paused else "pause")
        self.pause_button.set_words(tr("Go on adding") if status.paused else tr("Pause adding"))
        for button in (self.pause_button, self.cancel_button):
            button.setEnabled(not status.stopping)


def sentence(status: IndexingStatus) -> str:
    """What is going on, in a line."""
    parts = [_stage_text(status)]
    if status.library:
        parts.append(tr("in “{library}”", library=status.library))
    if status.waiting:
        parts.append(tr_count(status.waiting, "1 more is waiting", "{count} more are waiting"))
    return " · ".join(parts)


def time_text(status: IndexingStatus) -> str:
    """Coarse on purpose: nobody plans by seconds."""
    seconds = status.seconds_left
    if seconds is None or status.paused or status.stopping:
        return ""
    if seconds < 50:
        return tr("less than a minute left")
    minutes = max(1, round(seconds / 60))
    if minutes < 90:
        return tr_count(minutes, "about 1 minute left", "about {count} minutes left")
    return tr_count(round(minutes / 60), "about 1 hour left", "about {count} hours left")


def _stage_text(status: IndexingStatus) -> str:
    if status.stopping:
        return tr("Stopping…")
    if status.stage == "waiting":
        return tr("Waiting to begin…")
    if status.stage == "scan":
        return _scan_text(status)
    if status.stage == "read":
        counted = {"done": status.done, "total": status.total or 0}
        text = (
            tr("Paused at {done} of {total}", **counted)
            if status.paused
            else tr("Reading {done} of {total}", **counted)
        )
        return f"{text} · {status.detail}" if status.detail and not status.paused else text
    share = f"{100 * status.done // max(1, status.total or 1)}"
    if status.paused:
        return tr("Ready to ask · learning the meaning is paused at {percent} %", percent=share)
    return tr("Ready to ask · learning the meaning, {percent} %", percent=share)


def _scan_text(status: IndexingStatus) -> str:
    if status.paused:
        return tr("Paused")
    if not status.done:
        return tr("Looking for documents…")
    return tr_count(status.done, "Looking for documents: 1 found", "Looking for documents: {count} found")
