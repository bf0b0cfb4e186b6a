"""The source pane's controller: fetches pages, their pictures and what is looked for; opens the file itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.engine.controller import Controller
from app.engine.jobs import EngineLink, JobHandle
from app.kit.notices import Notice
from app.kit.open_file import FileOpener
from app.kit.source_target import SourceTarget
from app.kit.text import tr, tr_message
from app.source.source_model import DrawnPage, PageWish, SourceModel
from rag_core.host.events import Failed
from rag_core.host.jobs import FindInDocument, Job, ListPages, LoadPage, RenderPage
from rag_core.types import Page, PageImage, PageInfo, TextMatch

_PICTURES_AT_ONCE = 2  # the next ones are asked for when these are there, so that the latest wish comes soon


class SourceController(Controller):
    """Shows where an answer comes from. `model` is what the pane follows.

    Whatever arrives for a document that is not shown any more is dropped.
    """

    opened = Signal()  # there is something to see: the pane should be visible
    closed = Signal()

    def __init__(self, engine: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(engine, parent)
        self.model = SourceModel(self)
        self._document_jobs: list[JobHandle] = []  # of the document in view
        self._loading: set[int] = set()
        self._drawing: dict[PageWish, JobHandle] = {}
        self._wishes: list[PageWish] = []
        self._refused: dict[int, float] = {}
        self._has_pictures = False
        self._find: JobHandle | None = None
        self._lost = False
        self._opener = FileOpener(self)
        self._opener.noticed.connect(self.noticed)
        engine.engine_ready.connect(self._begin_again)

    # What the person asks for

    def show(self, targets: Sequence[SourceTarget], index: int = 0) -> None:
        """Show `targets[index]`; next and previous go through the others."""
        if not targets:
            return
        if self.model.point(targets, index):
            self._open_document()
        self._reveal_target()
        self.opened.emit()

    def show_next_target(self) -> None:
        self._step(1)

    def show_previous_target(self) -> None:
        self._step(-1)

    def turn_to(self, number: int) -> None:
        """Show the beginning of a page; numbers outside the document go to its first or last page."""
        if self.model.pages:
            number = min(max(number, self.model.pages[0].number), self.model.pages[-1].number)
            self._reveal(TextMatch(number, 0, 0))

    def note_page(self, number: int) -> None:
        """The person scrolled to another page."""
        self.model.turn_to(number)

    def want_pictures(self, wishes: Sequence[PageWish]) -> None:
        """The pages to draw, the most wanted first. Earlier wishes that are not repeated are forgotten."""
        self._wishes = list(wishes)
        for wish in wishes:
            self._load(wish.number)
        self._draw_next()

    def show_as_text(self, chosen: bool) -> None:
        """Pages as text instead of as pictures."""
        self.model.show_as_text(chosen)
        if not chosen:
            self._refused.clear()
            self.model.tell("")
        target = self.model.target
        if target is not None and target.page == self.model.number:
            self._reveal_target()
        else:
            self._reveal(TextMatch(self.model.number, 0, 0))

    def find(self, text: str) -> None:
        """Look for `text` in the whole document and go to the nearest match; an empty text ends the search."""
        if self._find is not None:
            find, self._find = self._find, None
            find.cancel()
        target = self.model.target
        self.model.search_for(text, searching=bool(text) and target is not None)
        if text and target is not None:
            self._find = self._engine.job(FindInDocument(target.library, target.document_id, text))
            self._start_for_document(self._find, self._take_matches, self._search_failed)

    def find_next(self) -> None:
        self._step_match(1)

    def find_previous(self) -> None:
        self._step_match(-1)

    def open_file(self) -> None:
        """Open the document in the program that the system has for it."""
        if self.model.target is not None:
            self._opener.open(Path(self.model.target.path))

    def show_in_folder(self) -> None:
        if self.model.target is not None:
            self._opener.show_in_folder(Path(self.model.target.path))

    def close(self) -> None:
        """Stop all work and forget the document."""
        self._drop_jobs()
        self.model.point((), 0)
        self.closed.emit()

    def shutdown(self) -> None:
        self._drop_jobs()

    # Jobs

    def _open_document(self) -> None:
        self._drop_jobs()
        target = self.model.target
        if target is not None:
            self._fetch(ListPages(target.library, target.document_id), self._take_pages, self._pages_failed)
            self._load(target.page)

    def _begin_again(self) -> None:
        """The engine is back: fetch what was lost with it."""
        target = self.model.target
        if target is not None and self._lost:
            self.model.forget()
            self._open_document()
            self._reveal_target()

    def _drop_jobs(self) -> None:
        jobs, self._document_jobs = self._document_jobs, []
        self._loading.clear()
        self._drawing.clear()
        self._wishes.clear()
        self._refused.clear()
        self._find, self._has_pictures, self._lost = None, False, False
        for job in jobs:
            job.cancel()

    def _fetch(self, job: Job, done: Callable[[object], None], failed: Callable[[Failed], None]) -> JobHandle:
        handle = self._engine.job(job)
        self._start_for_document(handle, done, failed)
        return handle

    def _start_for_document(
        self, handle: JobHandle, done: Callable[[object], None], failed: Callable[[Failed], None]
    ) -> None:
        """Start a job of the document in view; once that is another one, nothing of the job arrives any more."""

        def is_current() -> bool:
            return handle in self._document_jobs

        def finish(value: object) -> None:
            if is_current():
                self._document_jobs.remove(handle)
                done(value)

        def fail(failure: Failed) -> None:
            if is_current():
                self._document_jobs.remove(handle)
                self._lost = self._lost or failure.kind == "engine_lost"
                failed(failure)

        def forget() -> None:
            if is_current():
                self._document_jobs.remove(handle)

        self._document_jobs.append(handle)
        handle.stopped.connect(forget)
        handle.finished.connect(finish)
        handle.failed.connect(fail)
        handle.start()

    def _load(self, number: int) -> None:
        target = self.model.target
        if target is None or number in self._loading or self.model.page(number) is not None:
            return
        self._loading.add(number)

        def take(value: object) -> None:
            self._loading.discard(number)
            if isinstance(value, Page):
                self.model.take_page(value)

        def fail(failure: Failed) -> None:
            self._loading.discard(number)
            self._load_failed(number, failure)

        self._fetch(LoadPage(target.library, target.document_id, number), take, fail)

    def _draw_next(self) -> None:
        while self._wishes and len(self._drawing) < _PICTURES_AT_ONCE:
            wish = self._wishes.pop(0)
            if wish not in self._drawing and self._refused.get(wish.number) != wish.scale:
                self._draw(wish)

    def _draw(self, wish: PageWish) -> None:
        target = self.model.target
        if target is None or self.model.kind != "pages":
            return

        def take(value: object) -> None:
            self._drawing.pop(wish, None)
            if isinstance(value, PageImage):
                self._has_pictures = True
                self.model.page_drawn.emit(DrawnPage(value, wish.scale))
            self._draw_next()

        def fail(failure: Failed) -> None:
            self._drawing.pop(wish, None)
            self._picture_failed(wish, failure)
            self._draw_next()

        handle = self._engine.job(RenderPage(Path(target.path), target.document_id, wish.number, wish.scale))
        self._drawing[wish] = handle
        self._start_for_document(handle, take, fail)

    # What comes back

    def _take_pages(self, value: object) -> None:
        if isinstance(value, tuple):
            self.model.take_pages([page for page in value if isinstance(page, PageInfo)])

    def _pages_failed(self, failure: Failed) -> None:
        """Without the list, the one page that was asked for is shown as text."""
        self.model.show_as_text(True)
        if self.model.target is not None and self.model.page(self.model.target.page) is None:
            self.model.fail(_sentence(failure))

    def _load_failed(self, number: int, failure: Failed) -> None:
        if number == self.model.number and self.model.kind != "pages":
            self.model.fail(_sentence(failure))

    def _picture_failed(self, wish: PageWish, failure: Failed) -> None:
        """No picture at all: the stored text is shown instead. One page of many: it says so in its own place."""
        self._refused[wish.number] = wish.scale
        sentence = _sentence(failure)
        if self._has_pictures:
            self.model.page_refused.emit(wish.number, sentence)
            return
        self._wishes.clear()
        self.model.tell(tr("{reason} This is the stored text.", reason=sentence))
        self.model.show_as_text(True)
        self._reveal_target()

    def _take_matches(self, value: object) -> None:
        self._find = None
        if isinstance(value, tuple):
            self.model.take_matches([match for match in value if isinstance(match, TextMatch)])
            self._reveal_match()

    def _search_failed(self, failure: Failed) -> None:
        self._find = None
        self.model.search_for(self.model.query, searching=False)
        self.noticed.emit(Notice("warning", tr_message(failure.message), tr_message(failure.advice)))

    # Places

    def _step(self, by: int) -> None:
        if self.model.targets:
            self.show(self.model.targets, (self.model.index + by) % len(self.model.targets))

    def _step_match(self, by: int) -> None:
        if self.model.matches:
            self.model.choose_match(self.model.match_index + by)
            self._reveal_match()

    def _reveal_match(self) -> None:
        if self.model.match is not None:
            self._reveal(self.model.match)

    def _reveal_target(self) -> None:
        target = self.model.target
        if target is not None:
            self._reveal(self.model.marked or self.model.boxed or TextMatch(target.page, 0, 0))

    def _reveal(self, place: TextMatch) -> None:
        self._load(place.page)
        self.model.turn_to(place.page)
        self.model.reveal_requested.emit(place)


def _sentence(failure: Failed) -> str:
    return f"{tr_message(failure.message)} {tr_message(failure.advice)}".strip()
