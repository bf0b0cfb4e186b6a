"""The first start: are the models there, prepare or import them, and the sample documents."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.documents.indexing_controller import IndexingController
from app.engine.jobs import EngineLink, JobHandle
from app.kit.notices import Notice
from app.kit.text import tr, tr_message
from app.libraries.adding_controller import AddingController
from app.setup.setup_state import SetupViewModel, Step
from app.status.preparation_state import PreparationView, progress_text
from rag_core.host.events import Failed, PackInfo
from rag_core.host.jobs import ImportPack, Job, ListPacks, PreparePacks
from rag_core.paths import SAMPLES
from rag_core.progress import Progress

SAMPLE_LIBRARY = "Samples"
_ROLES = frozenset({"embedder", "llm"})  # without these no question is answered; without a reader it is


class SetupController(QObject):
    """`readiness_known` says whether the models are there that every question needs; `samples_ready` when the sample
    documents can be asked. `noticed` tells of models that could not be prepared and are done without.
    """

    noticed = Signal(object)
    readiness_known = Signal(bool)
    samples_ready = Signal(str)

    def __init__(self, engine: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.model = SetupViewModel(self)
        self._engine = engine
        self._job: JobHandle | None = None
        self._adding: AddingController | None = None
        engine.engine_ready.connect(self.look)

    def follow(self, adding: AddingController, indexing: IndexingController) -> None:
        """The sample documents go the way of all documents."""
        self._adding = adding
        adding.refused.connect(self._on_refused)
        indexing.work_ended.connect(self._on_work_ended)

    # The models

    def look(self) -> None:
        """Which packs are there? Nothing is asked while they are being prepared."""
        if self._job is not None:
            return
        job = self._engine.job(ListPacks())
        job.finished.connect(self._on_packs)
        job.failed.connect(self._on_failed)
        job.start()

    def prepare(self) -> None:
        self._run(PreparePacks())

    def import_folder(self, folder: Path) -> None:
        self._run(ImportPack(folder))

    def cancel(self) -> None:
        """What was downloaded is kept for the next time."""
        if self._job is not None:
            self._job.cancel()

    # The sample documents

    def try_samples(self) -> None:
        """The library is made when it is not there; its documents are brought up to date."""
        if self._adding is not None and self.model.samples != "reading":
            self.model.show_samples("reading")
            self._adding.add_to(SAMPLE_LIBRARY, sample_documents())

    def shutdown(self) -> None:
        self.cancel()

    def _run(self, what: Job) -> None:
        if self._job is not None:
            return
        self.model.show("preparing")
        self._job = self._engine.job(what)
        self._job.event_received.connect(self._on_event)
        self._job.failed.connect(self._on_failed)
        self._job.finished.connect(self._on_finished)
        self._job.stopped.connect(self._look_again)
        self._job.start()

    def _on_finished(self, left_out: tuple[str, ...] | None) -> None:
        for why in left_out or ():
            self.noticed.emit(Notice("warning", tr_message(why)))
        self._look_again()

    def _look_again(self) -> None:
        self._job = None
        self.model.show("looking")
        self.look()

    def _on_packs(self, packs: tuple[PackInfo, ...]) -> None:
        is_ready = {pack.role for pack in packs if not pack.problem} >= _ROLES
        self.model.show("ready" if is_ready else "missing")
        self.readiness_known.emit(is_ready)

    def _on_event(self, event: object) -> None:
        if isinstance(event, Progress):
            self.model.show_step(_step(event))

    def _on_failed(self, failure: Failed) -> None:
        """The engine's client tells of a lost engine, and its next start looks again."""
        self._job = None
        self.model.show("failed", tr_message(failure.message), tr_message(failure.advice), failure.details)

    def _on_refused(self, library: str) -> None:
        if library == SAMPLE_LIBRARY:
            self.model.show_samples("")

    def _on_work_ended(self, library: str, _: bool) -> None:
        if library == SAMPLE_LIBRARY and self.model.samples == "reading":
            self.model.show_samples("ready")
            self.samples_ready.emit(library)


def sample_documents() -> tuple[Path, ...]:
    """The documents that ship with the program (the questions about them lie in the same folder)."""
    return tuple(sorted(path for path in SAMPLES.iterdir() if path.suffix != ".jsonl"))


def sample_questions() -> tuple[str, ...]:
    """Those that show best what Alcove does."""
    lines = (SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    stored = [json.loads(line) for line in lines]
    return tuple(row["question"] for row in stored if row.get("demo") and row.get("answerable", True))[:3]


def _step(progress: Progress) -> Step:
    fraction = min(progress.done / progress.total, 1.0) if progress.total else None
    if progress.unit == "bytes" and progress.total:
        done, total = (f"{count / 1e6:,.0f}" for count in (progress.done, progress.total))
        return Step(tr("{done} of {total} MB downloaded", done=done, total=total), fraction)
    if progress.stage == "compile":
        return Step(progress_text(PreparationView("preparing", done=progress.done, total=progress.total)), fraction)
    return Step(tr_message(progress.stage), fraction)
