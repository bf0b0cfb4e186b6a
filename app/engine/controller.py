"""What all controllers have in common: they start jobs, and tell what came of them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.engine.jobs import EngineLink, JobHandle
from app.kit.notices import notice_of
from rag_core.host.events import Failed
from rag_core.host.jobs import Job

OnValue = Callable[..., object]
OnFailure = Callable[[Failed], object]


class Controller(QObject):
    """`noticed` carries a `Notice` for the person."""

    noticed = Signal(object)

    def __init__(self, engine: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine

    def shutdown(self) -> None:
        """The window is closed: nothing goes on by itself."""

    def _job(self, job: Job, on_value: OnValue | None = None, on_failure: OnFailure | None = None) -> JobHandle:
        """A handle that is not started yet. Whoever does not say what a failure means leaves it to the person."""
        handle = self._engine.job(job)
        if on_value is not None:
            handle.finished.connect(on_value)
        handle.failed.connect(on_failure or self._tell)
        return handle

    def _run(self, job: Job, on_value: OnValue | None = None, on_failure: OnFailure | None = None) -> JobHandle:
        handle = self._job(job, on_value, on_failure)
        handle.start()
        return handle

    def _tell(self, failure: Failed) -> None:
        self.noticed.emit(notice_of(failure))
