"""What the source pane shows: a document, where in it the proof stands, and what has arrived of it so far."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.kit.source_target import SourceTarget
from rag_core.ingest.formats.format import Format, View
from rag_core.ingest.formats.registry import format_of
from rag_core.types import Page, PageImage, PageInfo, TextMatch

MAX_MATCHES = 2000  # the search stops there
_MAX_PAGES_KEPT = 96


@dataclass(frozen=True, slots=True)
class PageWish:
    """A page that should be drawn at `scale` pixels per point."""

    number: int
    scale: float


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """A picture of a page, and the scale it was asked for."""

    image: PageImage
    scale: float


class SourceModel(QObject):
    """The state of the source pane. The controller changes it; the pane follows its signals."""

    target_changed = Signal()
    document_changed = Signal()  # another document, before anything of it is known
    pages_changed = Signal()  # the list of pages has arrived, or how they are shown has changed
    page_loaded = Signal(object)  # a Page
    page_drawn = Signal(object)  # a DrawnPage
    page_refused = Signal(int, str)  # a page of which there is no picture, and why
    place_changed = Signal()  # the number of the page in view
    reveal_requested = Signal(object)  # a TextMatch to scroll to
    problem_changed = Signal()
    matches_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.targets: tuple[SourceTarget, ...] = ()
        self.index = 0
        self.pages: tuple[PageInfo, ...] = ()
        self.kind: View = "text"
        self.prefers_text = False
        self.number = 0
        self.problem = ""
        self.failed = ""  # why nothing can be shown at all
        self.query = ""
        self.searching = False
        self.matches: tuple[TextMatch, ...] = ()
        self.match_index = -1
        self._texts: OrderedDict[int, Page] = OrderedDict()

    @property
    def target(self) -> SourceTarget | None:
        return self.targets[self.index] if self.targets else None

    @property
    def passage(self) -> TextMatch | None:
        """None where only the document was asked for."""
        target = self.target
        return _range(target.page, target.char_start, target.char_end) if target else None

    @property
    def quote(self) -> TextMatch | None:
        """The words that prove; None where there are none."""
        target = self.target
        return _range(target.page, target.quote_start, target.quote_end) if target else None

    @property
    def answer(self) -> TextMatch | None:
        """The words of the quote that answer; None where nobody marked them."""
        target = self.target
        return _range(target.page, target.answer_start, target.answer_end) if target else None

    @property
    def boxed(self) -> TextMatch | None:
        """What has a box around it: the passage, or the sentence where the answer itself is marked in it."""
        return (self.quote if self.answer else None) or self.passage

    @property
    def marked(self) -> TextMatch | None:
        """What is marked more strongly inside the box: the answer, or else the words that prove."""
        return self.answer or self.quote

    @property
    def match(self) -> TextMatch | None:
        return self.matches[self.match_index] if 0 <= self.match_index < len(self.matches) else None

    @property
    def format(self) -> Format:
        return format_of(self.target.path, self.target.media_type) if self.target else format_of("")

    @property
    def has_pictures(self) -> bool:
        """Whether the document has pages that can be drawn."""
        return any(page.width > 0 for page in self.pages)

    def page(self, number: int) -> Page | None:
        found = self._texts.get(number)
        if found is not None:
            self._texts.move_to_end(number)
        return found

    def info(self, number: int) -> PageInfo | None:
        index = bisect_left(self.pages, number, key=lambda page: page.number)
        return self.pages[index] if index < len(self.pages) and self.pages[index].number == number else None

    def matches_on(self, number: int) -> Sequence[TextMatch]:
        first = bisect_left(self.matches, number, key=lambda match: match.page)
        return self.matches[first : bisect_left(self.matches, number + 1, key=lambda match: match.page)]

    def quote_text(self) -> str:
        """The words that prove, or else the passage, where its page has arrived."""
        return self._words_of(self.quote or self.passage)

    def answer_text(self) -> str:
        """The words of it that answer; empty where nobody marked them."""
        return self._words_of(self.answer)

    # Changes, made by the controller

    def point(self, targets: Sequence[SourceTarget], index: int) -> bool:
        """Take other targets; True when the document is another one."""
        before = self.target
        self.targets, self.index = tuple(targets), index
        target = self.target
        same = (
            before is not None
            and target is not None
            and (before.library, before.document_id, before.path) == (target.library, target.document_id, target.path)
        )
        if not same:
            self.forget()
        self.number = target.page if target else 0
        self.target_changed.emit()
        self.place_changed.emit()
        return not same

    def forget(self) -> None:
        """Drop all that is known of the document."""
        self.pages, self.prefers_text = (), False
        self._choose_kind()
        self._texts.clear()
        self.query, self.searching, self.matches, self.match_index = "", False, (), -1
        self.problem, self.failed = "", ""
        self.problem_changed.emit()
        self.document_changed.emit()
        self.matches_changed.emit()

    def take_pages(self, pages: Sequence[PageInfo]) -> None:
        self.pages = tuple(pages)
        self._choose_kind()
        self.pages_changed.emit()

    def show_as_text(self, chosen: bool) -> None:
        if chosen != self.prefers_text:
            self.prefers_text = chosen
            self._choose_kind()
            self.pages_changed.emit()

    def take_page(self, page: Page) -> None:
        self._texts[page.number] = page
        self._texts.move_to_end(page.number)
        while len(self._texts) > _MAX_PAGES_KEPT:
            self._texts.popitem(last=False)
        self.page_loaded.emit(page)

    def turn_to(self, number: int) -> None:
        if number != self.number:
            self.number = number
            self.place_changed.emit()

    def tell(self, problem: str) -> None:
        """A sentence about what is shown ("The file is gone, this is the stored text"); empty: all is well."""
        if problem != self.problem:
            self.problem = problem
            self.problem_changed.emit()

    def fail(self, reason: str) -> None:
        """There is nothing to show, and why."""
        self.failed = reason
        self.problem_changed.emit()

    def search_for(self, query: str, searching: bool) -> None:
        self.query, self.searching, self.matches, self.match_index = query, searching, (), -1
        self.matches_changed.emit()

    def take_matches(self, matches: Sequence[TextMatch]) -> None:
        self.matches, self.searching = tuple(matches), False
        self.match_index = self._nearest_match() if matches else -1
        self.matches_changed.emit()

    def choose_match(self, index: int) -> None:
        if self.matches:
            self.match_index = index % len(self.matches)
            self.matches_changed.emit()

    def _nearest_match(self) -> int:
        """The first match on the page in view or after it."""
        found = bisect_left(self.matches, self.number, key=lambda match: match.page)
        return found if found < len(self.matches) else 0

    def _words_of(self, place: TextMatch | None) -> str:
        page = self._texts.get(place.page) if place else None
        return page.text[place.start : place.end] if page and place else ""

    def _choose_kind(self) -> None:
        """By what the pages are; until they are listed, by the file's name."""
        drawn = self.has_pictures if self.pages else self.format.view == "pages"
        if self.format.view == "sheet":
            self.kind = "sheet"
        else:
            self.kind = "pages" if drawn and not self.prefers_text else "text"


def _range(page: int, start: int, end: int) -> TextMatch | None:
    return TextMatch(page, start, end) if end > start else None
