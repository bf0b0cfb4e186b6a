"""Adding, reading again and removing: one piece of work after another for each library."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.documents.add_summary import summary_of
from app.documents.folder_watch import FolderWatch
from app.documents.folders_controller import FoldersController
from app.documents.indexing_model import IndexingModel, IndexingStatus, Stage
from app.engine.controller import Controller
from app.engine.jobs import EngineLink, JobHandle
from app.kit.notices import Notice, notice_of
from app.kit.text import tr, tr_count, tr_message
from app.kit.time_left import TimeLeft
from rag_core.host.events import Failed
from rag_core.host.jobs import AddPaths, ListLibraries, RemovePaths
from rag_core.library.records import LibraryInfo
from rag_core.progress import Progress
from rag_core.types import AddReport, Document, DocumentsSearchable

Paths = Sequence[Path] | Sequence[str]  # a signal carries either
_STAGES: dict[str, Stage] = {"scan": "scan", "read": "read", "embed": "embed"}


@dataclass(frozen=True, slots=True)
class _Request:
    """`quiet`: nobody asked for it just now, so it speaks only when something changed."""

    paths: tuple[Path, ...]
    retry: bool = False
    reread: bool = False
    rebuild: bool = False
    quiet: bool = False


@dataclass(slots=True)
class _Work:
    """What is being done for one library, and what waits.

    `held`: nothing starts until the person says so; `moving`: until the library has its new name.
    """

    library: str
    waiting: deque[_Request] = field(default_factory=deque)
    handle: JobHandle | None = None
    request: _Request | None = None
    status: IndexingStatus = field(default_factory=lambda: IndexingStatus("waiting"))
    held: bool = False
    moving: bool = False
    gone: bool = False
    time_left: TimeLeft = field(default_factory=TimeLeft)


class IndexingController(Controller):
    """Works on the library of `set_library`; what was begun for another goes on.

    `payload_received(library, payload)` carries the steps of adding for whoever shows the documents; `work_ended`
    follows the last, with True when the list of documents should be read anew. `documents_removed` carries the stored
    paths. `library_changed` says that a library's counts have changed; `problems_shown` that the person wants to see
    what could not be read.
    """

    payload_received = Signal(str, object)
    work_ended = Signal(str, bool)
    documents_removed = Signal(str, tuple)
    library_changed = Signal(str)
    problems_shown = Signal(str)

    def __init__(
        self,
        engine: EngineLink,
        parent: QObject | None = None,
        watch: FolderWatch | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(engine, parent)
        self._clock = clock
        self._works: dict[str, _Work] = {}
        self.library = ""
        self.model = IndexingModel(self)
        self.folders = FoldersController(engine, watch, self)
        self.folders.noticed.connect(self.noticed)
        self.folders.folder_changed.connect(self._follow_folder)

    def shutdown(self) -> None:
        self.model.shutdown()
        self.folders.shutdown()

    # Which library

    def set_library(self, name: str) -> None:
        """What was left unfinished in it goes on by itself."""
        self.library = name
        self.folders.set_library(name)
        self._show()
        if name:
            listing = self._engine.job(ListLibraries())
            listing.finished.connect(lambda infos: self._go_on_where_left(name, infos))
            listing.start()

    def hold_library(self, name: str) -> None:
        """It is about to be renamed: what is being read is stopped by the engine, and nothing more starts for it."""
        work = self._works.setdefault(name, _Work(name))
        work.held = work.moving = True

    def rename_library(self, name: str, new_name: str) -> None:
        work = self._works.pop(name, None)
        if work is not None:
            work.library = new_name
            self._works[new_name] = work
            if work.moving:
                self.go_on(new_name)

    def has_work(self, name: str) -> bool:
        """Something of this library is being read, or waits, be it for the person's word."""
        work = self._works.get(name)
        return work is not None and (work.handle is not None or bool(work.waiting))

    def forget_library(self, name: str) -> None:
        """It is being deleted: nothing more starts for it, and nothing more is said about it."""
        work = self._works.pop(name, None)
        if work is not None:
            work.gone = True
            work.waiting.clear()
        self._show()

    # What the person wants

    def add(self, paths: Paths) -> None:
        """Files and folders; folders are followed from now on."""
        if self.library and paths:
            named = tuple(map(Path, paths))
            self.folders.remember(self.library, named)
            self._request(self.library, _Request(named))

    def retry(self, paths: Paths) -> None:
        """Read again what could not be read."""
        if paths:
            self._request(self.library, _Request(tuple(map(Path, paths)), retry=True))

    def reread(self, paths: Paths) -> None:
        if paths:
            self._request(self.library, _Request(tuple(map(Path, paths)), reread=True))

    def rebuild(self) -> None:
        """Learn every meaning again, before anything else that waits."""
        self._request(self.library, _Request((), rebuild=True), first=True)

    def remove(self, paths: Paths) -> None:
        """From the library alone; their folder does not bring the files back."""
        if self.library and paths:
            self._remove(self.library, tuple(map(Path, paths)))

    def take_in_again(self, folder: Path) -> None:
        """What the person removed of this folder."""
        left_out = self.folders.left_out_of(folder)
        if left_out:
            self._request(self.library, _Request(left_out))

    def remove_folder(self, path: Path) -> None:
        """Its documents leave the library, and it is not followed any longer."""
        had_documents = self.folders.count(path) > 0
        self.folders.forget(path)
        if had_documents:
            self._remove(self.library, (path,))

    def sync_now(self, path: Path) -> None:
        self._request(self.library, _Request((path,)))

    def pause(self) -> None:
        work = self._shown_work()
        if work and work.handle:
            work.handle.pause()
            self._show_step(work, replace(work.status, paused=True, seconds_left=None))

    def resume(self) -> None:
        work = self._shown_work()
        if work and work.handle:
            work.handle.pause(False)
            work.time_left.restart()
            self._show_step(work, replace(work.status, paused=False))

    def cancel(self) -> None:
        """Stop, and forget what waits. Everything that was read stays."""
        work = self._shown_work()
        if work:
            work.waiting.clear()
            self._show_step(work, replace(work.status, stopping=True, paused=False, seconds_left=None))
            if work.handle:
                work.handle.cancel()

    def go_on(self, library: str) -> None:
        """After the engine was lost, or the library could not be renamed."""
        work = self._works.get(library)
        if work is not None:
            work.held = work.moving = False
            self._start_next(work)
            if work.handle is None and not work.waiting:
                self._works.pop(library, None)

    def _go_on_everywhere(self) -> None:
        for library in [name for name, work in self._works.items() if work.held and not work.moving]:
            self.go_on(library)

    # One after another

    def _follow_folder(self, library: str, path: Path) -> None:
        self._request(library, _Request((path,), quiet=True))

    def _go_on_where_left(self, name: str, infos: tuple[LibraryInfo, ...]) -> None:
        info = next((info for info in infos if info.name == name), None)
        if info is None or name in self._works:
            return
        if info.state == "rebuild":
            self.noticed.emit(
                Notice(
                    "warning",
                    tr("“{name}” has to be prepared anew before it can be searched by meaning.", name=name),
                    tr_message(info.reason),
                    tr("Prepare anew"),
                    lambda: self._rebuild(name),
                    lasting=True,
                )
            )
        elif info.pending:
            self._request(name, _Request((), quiet=True))

    def _request(self, library: str, request: _Request, first: bool = False) -> None:
        if not library:
            return
        work = self._works.setdefault(library, _Work(library))
        if request in work.waiting:
            return
        if first:
            work.held = False
            work.waiting.appendleft(request)
        else:
            work.waiting.append(request)
        self._start_next(work)

    def _start_next(self, work: _Work) -> None:
        if work.handle is None and work.waiting and not work.held:
            work.request = request = work.waiting.popleft()
            work.status = IndexingStatus("waiting")
            handle = work.handle = self._job(
                AddPaths(work.library, request.paths, request.retry, request.reread, request.rebuild),
                lambda report: self._finished(work, request, report),
                lambda failure: self._failed(work, request, failure),
            )
            handle.event_received.connect(lambda payload: self._step(work, payload))
            handle.stopped.connect(lambda: self._stopped(work, request))
            handle.start()
        self._show()

    def _remove(self, library: str, paths: tuple[Path, ...]) -> None:
        self._run(RemovePaths(library, paths), lambda removed: self._removed(library, removed))

    def _removed(self, library: str, removed: tuple[str, ...]) -> None:
        self.documents_removed.emit(library, removed)
        self.library_changed.emit(library)
        self.folders.note_change(library)
        self.noticed.emit(
            Notice(
                "success",
                tr_count(
                    len(removed),
                    "1 document was removed from the library. The file itself stays.",
                    "{count} documents were removed from the library. The files themselves stay.",
                ),
            )
        )

    # What the engine says

    def _step(self, work: _Work, payload: object) -> None:
        if work.gone:
            return
        if isinstance(payload, Progress):
            stage = _STAGES.get(str(payload.stage), "embed")
            seconds = work.time_left.note(stage, payload.done, payload.total, self._clock())
            status = replace(work.status, stage=stage, done=payload.done, total=payload.total, seconds_left=seconds)
            self._show_step(
                work, replace(status, detail=str(payload.detail) or (work.status.detail if stage == "read" else ""))
            )
            return
        self.payload_received.emit(work.library, payload)
        if isinstance(payload, Document | DocumentsSearchable):
            self.library_changed.emit(work.library)

    def _finished(self, work: _Work, request: _Request, report: AddReport) -> None:
        def show_problems() -> None:
            self.problems_shown.emit(work.library)

        if not work.gone:
            notice = _rebuilt() if request.rebuild else summary_of(report, request.quiet, show_problems)
            if notice is not None:
                self.noticed.emit(notice)
        self._end(work, must_list=bool(report.removed or request.reread))

    def _failed(self, work: _Work, request: _Request, failure: Failed) -> None:
        if not work.gone:
            self.noticed.emit(self._failure_notice(work, request, failure))
        self._end(work)

    def _failure_notice(self, work: _Work, request: _Request, failure: Failed) -> Notice:
        if failure.kind == "engine_lost":
            work.waiting.appendleft(request)
            work.held = True
            return notice_of(failure, tr("Go on"), self._go_on_everywhere)
        if failure.kind == "mismatch":
            work.held = True
            return notice_of(failure, tr("Prepare anew"), lambda: self._rebuild(work.library))
        return notice_of(failure)

    def _rebuild(self, library: str) -> None:
        self._request(library, _Request((), rebuild=True), first=True)

    def _stopped(self, work: _Work, request: _Request) -> None:
        if work.moving and not work.status.stopping:
            work.waiting.appendleft(request)
        elif not work.gone:
            self.noticed.emit(Notice("info", tr("Stopped. What was read so far stays in the library.")))
        self._end(work)

    def _end(self, work: _Work, must_list: bool = False) -> None:
        request = work.request
        work.handle = work.request = None
        work.time_left.restart()
        if not work.gone:
            self.work_ended.emit(work.library, must_list)
            if request is not None and not request.quiet:
                self.folders.note_change(work.library)
            self.library_changed.emit(work.library)
            self._start_next(work)
            if work.handle is None and not work.waiting:
                self._works.pop(work.library, None)
        self._show()

    # What the bottom bar shows

    def _shown_work(self) -> _Work | None:
        own = self._works.get(self.library)
        if own is not None and own.handle is not None:
            return own
        return next((work for work in self._works.values() if work.handle is not None), None)

    def _show_step(self, work: _Work, status: IndexingStatus) -> None:
        work.status = status
        if work is self._shown_work():
            self._show()

    def _show(self) -> None:
        work = self._shown_work()
        if work is None:
            self.model.show(None)
            return
        other = "" if work.library == self.library else work.library
        asked_for = sum(not request.quiet for request in work.waiting)
        self.model.show(replace(work.status, library=other, waiting=asked_for))


def _rebuilt() -> Notice:
    return Notice("success", tr("The library was prepared anew."))
