"""Gets the models ready for the NPU: by itself on a computer that has one, once the engine has nothing better to do."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.engine.controller import Controller
from app.engine.jobs import EngineLink, JobHandle
from app.kit.notices import Notice, notice_of
from app.kit.text import tr
from app.status.preparation_model import PreparationModel, PreparationStatus, State
from rag_core.host.events import Failed, NpuState
from rag_core.host.jobs import CheckNpu, PrepareNpu
from rag_core.progress import Progress

_TOPIC = "preparation"  # of what is told about it: only the newest is true


class PreparationController(Controller):
    """`model` is for the bottom bar and the dialog. `prepared` when models have become ready: where they run has
    to be looked at anew.

    Whoever stopped it is not bothered again before the next start of the program.
    """

    prepared = Signal()

    def __init__(self, engine: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(engine, parent)
        self.model = PreparationModel(self)
        self._running: JobHandle | None = None
        self._is_unwanted = False
        self._is_closed = False

    def look(self) -> None:
        """What is there to do? It is begun by itself on a real NPU; on an emulated one only when it is asked for."""
        if self._running is None and not self._is_closed:
            self._start(CheckNpu())

    def prepare(self) -> None:
        """The person wants it now."""
        self._is_unwanted = False
        if self._running is None:
            self._begin()

    def stop(self) -> None:
        """What is ready stays; the rest is made at the next start."""
        if self._running is not None and self.model.is_running:
            self._is_unwanted = True
            self.model.show(replace(self.model.status, stopping=True))
            self._running.cancel()

    def shutdown(self) -> None:
        self._is_closed = True
        if self._running is not None:
            self._running.cancel()

    def _begin(self) -> None:
        self.model.show(PreparationStatus("preparing", self.model.status.chip))
        self._start(PrepareNpu())

    def _start(self, job: CheckNpu | PrepareNpu) -> None:
        is_preparing = isinstance(job, PrepareNpu)
        take = self._prepared if is_preparing else self._checked
        handle = self._running = self._job(job, take, lambda failure: self._fail(failure, is_preparing))
        handle.event_received.connect(self._take_step)
        handle.stopped.connect(self._stopped)
        handle.start()

    def _take_step(self, step: object) -> None:
        status = self.model.status
        if isinstance(step, Progress) and status.state == "preparing":
            self.model.show(replace(status, done=step.done, total=step.total))

    def _checked(self, state: NpuState) -> None:
        self._running = None
        self._show(state)
        if state.missing and state.can_prepare and not state.emulated and not self._is_unwanted:
            self._begin()

    def _prepared(self, state: NpuState) -> None:
        self._running = None
        self._show(state)
        if not state.missing:
            self.noticed.emit(Notice("success", tr("The models are ready for the NPU."), topic=_TOPIC))
        self.prepared.emit()

    def _stopped(self) -> None:
        self._running = None
        self.model.show(PreparationStatus())
        self.look()

    def _fail(self, failure: Failed, is_preparing: bool) -> None:
        """A lost engine starts again by itself, and what it left undone is looked at then."""
        self._running = None
        chip = self.model.status.chip
        state: State = "failed" if is_preparing else "unknown"
        self.model.show(PreparationStatus(state, chip, failure.message, can_start=is_preparing))
        if is_preparing:
            self._is_unwanted = True  # not again and again by itself
            if failure.kind != "engine_lost":
                self.noticed.emit(replace(notice_of(failure), topic=_TOPIC))

    def _show(self, state: NpuState) -> None:
        if not state.chip:
            self.model.show(PreparationStatus("none"))
        elif state.emulated:
            can_start = bool(state.missing) and state.can_prepare
            self.model.show(PreparationStatus("emulated", state.chip, can_start=can_start))
        elif state.missing:
            shown: State = "missing" if state.can_prepare else "impossible"
            self.model.show(PreparationStatus(shown, state.chip, state.reason, can_start=state.can_prepare))
        else:
            self.model.show(PreparationStatus("ready", state.chip))
