"""The first start: are the models there, prepare or import them, and the sample documents."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.engine.controller import Controller
from app.engine.jobs import EngineLink, JobHandle
from app.kit.notices import Notice
from app.kit.npu_words import preparing_for_npu
from app.kit.text import tr, tr_message
from app.setup.setup_model import SetupModel, Step
from rag_core.host.events import Failed, PackInfo
from rag_core.host.jobs import ImportPack, Job, ListPacks, PreparePacks
from rag_core.paths import SAMPLES
from rag_core.progress import Progress

SAMPLE_LIBRARY = "Samples"
_ROLES = frozenset({"embedder", "llm"})  # without these no question is answered; without a reader it is


class SetupController(Controller):
    """`readiness_known` says whether the models are there that every question needs; `samples_ready` when the sample
    documents can be asked. `noticed` tells of models that could not be prepared and are done without.

    `samples_wanted` carries a library's name and what belongs into it; what became of that is told with `note_refused`
    and `note_work_ended`.
    """

    samples_wanted = Signal(str, object)
    readiness_known = Signal(bool)
    samples_ready = Signal(str)

    def __init__(self, engine: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(engine, parent)
        self.model = SetupModel(self)
        self._preparing: JobHandle | None = None
        engine.engine_ready.connect(self.look)

    # The models

    def look(self) -> None:
        """Which packs are there? Nothing is asked while they are being prepared."""
        if self._preparing is not None:
            return
        self._run(ListPacks(), self._on_packs, self._on_failed)

    def prepare(self) -> None:
        self._bring(PreparePacks())

    def import_folder(self, folder: Path) -> None:
        self._bring(ImportPack(folder))

    def cancel(self) -> None:
        """What was downloaded is kept for the next time."""
        if self._preparing is not None:
            self._preparing.cancel()

    # The sample documents

    def try_samples(self) -> None:
        """The library is made when it is not there; its documents are brought up to date."""
        if self.model.samples != "reading":
            self.model.show_samples("reading")
            self.samples_wanted.emit(SAMPLE_LIBRARY, sample_documents())

    def note_refused(self, library: str) -> None:
        """This library could not be made."""
        if library == SAMPLE_LIBRARY:
            self.model.show_samples("")

    def note_work_ended(self, library: str) -> None:
        """Everything that was given to this library is read."""
        if library == SAMPLE_LIBRARY and self.model.samples == "reading":
            self.model.show_samples("ready")
            self.samples_ready.emit(library)

    def shutdown(self) -> None:
        self.cancel()

    def _bring(self, what: Job) -> None:
        if self._preparing is not None:
            return
        self.model.show("preparing")
        self._preparing = self._job(what, self._on_finished, self._on_failed)
        self._preparing.event_received.connect(self._on_event)
        self._preparing.stopped.connect(self._look_again)
        self._preparing.start()

    def _on_finished(self, left_out: tuple[str, ...] | None) -> None:
        for why in left_out or ():
            self.noticed.emit(Notice("warning", tr_message(why)))
        self._look_again()

    def _look_again(self) -> None:
        self._preparing = None
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
        self._preparing = None
        self.model.show("failed", tr_message(failure.message), tr_message(failure.advice), failure.details)


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
        done, total = (round(count / 1e6) for count in (progress.done, progress.total))
        return Step(tr("{done} of {total} MB downloaded", done=done, total=total), fraction)
    if progress.stage == "compile":
        return Step(preparing_for_npu(progress.done, progress.total), fraction)
    return Step(tr_message(progress.stage), fraction)
