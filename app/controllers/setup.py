"""The first start: are the models there, prepare or import them, and the sample documents."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.jobs import EngineLink, JobHandle
from app.notices import Notice
from app.text import tr, tr_engine
from app.viewmodels.setup import SetupViewModel, Step
from rag_core.host.events import Failed, PackInfo
from rag_core.host.jobs import AddPaths, CreateLibrary, ImportPack, Job, ListLibraries, ListPacks, PreparePacks
from rag_core.libraries import LibraryInfo
from rag_core.paths import SAMPLES
from rag_core.progress import Progress

SAMPLE_LIBRARY = "Samples"
_ROLES = frozenset({"embedder", "llm"})  # without these no question is answered


class SetupController(QObject):
    """`became_ready` when both models are there; `samples_created` with the new library's name, before it is filled."""

    noticed = Signal(object)
    became_ready = Signal()
    samples_created = Signal(str)
    samples_filled = Signal(str)

    def __init__(self, engine: EngineLink, view_model: SetupViewModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._view_model = view_model
        self._job: JobHandle | None = None

    def look(self) -> None:
        """Which packs are there? Nothing is asked while they are being prepared."""
        if self._view_model.state == "preparing":
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
        if self._job is not None:
            self._job.cancel()

    def try_samples(self) -> None:
        """The library is made when it is not there; its documents are brought up to date."""
        self._view_model.show_samples("reading")
        job = self._engine.job(ListLibraries())
        job.finished.connect(self._on_libraries)
        job.failed.connect(self._on_samples_failed)
        job.start()

    def shutdown(self) -> None:
        self.cancel()

    def _run(self, what: Job) -> None:
        if self._job is not None:
            return
        self._view_model.show("preparing")
        self._job = self._engine.job(what)
        self._job.event_received.connect(self._on_event)
        self._job.finished.connect(self._on_prepared)
        self._job.failed.connect(self._on_failed)
        self._job.stopped.connect(self._on_prepared)
        self._job.start()

    def _on_packs(self, packs: tuple[PackInfo, ...]) -> None:
        if {pack.role for pack in packs if not pack.problem} >= _ROLES:
            self._view_model.show("ready")
            self.became_ready.emit()
        else:
            self._view_model.show("missing")

    def _on_event(self, event: object) -> None:
        if isinstance(event, Progress):
            self._view_model.show_step(_step(event))

    def _on_prepared(self) -> None:
        self._job = None
        self._view_model.show("looking")
        self.look()

    def _on_failed(self, failure: Failed) -> None:
        self._job = None
        self._view_model.show("failed", tr_engine(failure.message), tr_engine(failure.advice), failure.details)

    def _on_libraries(self, libraries: tuple[LibraryInfo, ...]) -> None:
        if any(library.name == SAMPLE_LIBRARY for library in libraries):
            self._fill_samples()
            return
        job = self._engine.job(CreateLibrary(SAMPLE_LIBRARY))
        job.finished.connect(self._fill_samples)
        job.failed.connect(self._on_samples_failed)
        job.start()

    def _fill_samples(self) -> None:
        self.samples_created.emit(SAMPLE_LIBRARY)
        job = self._engine.job(AddPaths(SAMPLE_LIBRARY, sample_documents()))
        job.finished.connect(self._on_samples_filled)
        job.failed.connect(self._on_samples_failed)
        job.start()

    def _on_samples_filled(self) -> None:
        self._view_model.show_samples("ready", sample_questions())
        self.samples_filled.emit(SAMPLE_LIBRARY)

    def _on_samples_failed(self, failure: Failed) -> None:
        self._view_model.show_samples("failed")
        self.noticed.emit(Notice("error", tr_engine(failure.message), tr_engine(failure.advice), lasting=True))


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
    return Step(tr_engine(progress.stage), fraction)
