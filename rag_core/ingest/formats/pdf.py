"""PDF: pdfium reads; pypdf is the second reader for files that pdfium refuses."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_core.errors import DocumentUnreadable
from rag_core.ingest.formats import failures
from rag_core.ingest.formats.flow import one_line
from rag_core.ingest.formats.furniture import mark_furniture
from rag_core.ingest.formats.pdf_layout import LaidOut, lay_out, title_key, typography_of
from rag_core.ingest.formats.pdf_lines import Frame, Line, frame_of, read_lines
from rag_core.ingest.formats.pdf_second import read_with_pypdf
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.source import Source
from rag_core.messages import Message, say
from rag_core.types import Page, ParsedDocument

_MAX_OUTLINE_LEVEL = 6
_NO_TITLES = frozenset(("untitled", "anonymous", "unspecified", "unknown", "title"))
_MAX_OUTLINE_ENTRIES = 10_000


def score(source: Source, named: bool) -> float:
    if b"%PDF-" in source.head[:1024]:
        return 1.0
    # Some damaged files lack the header and still open.
    return 0.3 if named and not source.zip_names and not source.ole_names else 0.0


def parse(source: Source, limits: ParseLimits) -> ParsedDocument:
    import pypdfium2

    data = source.read_bytes()
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise failures.needs_password(source.path) from error
        return read_with_pypdf(data, source.path, limits, error)
    with closing(document):
        if len(document) == 0:
            raise DocumentUnreadable(say("pdf-without-pages", name=source.path.name), say("export-as-pdf-again"))
        return _read(document, source.path, limits)


def _read(document: Any, path: Path, limits: ParseLimits) -> ParsedDocument:
    drafts: list[_Draft] = []
    chars = 0
    for index in range(len(document)):
        draft = _draft(document, index)
        chars += sum(len(line.text) for line in draft.lines)
        if chars > limits.max_text_chars:
            raise failures.too_much_text(path, limits.max_text_chars)
        drafts.append(draft)
    typography = typography_of(draft.lines for draft in drafts)
    outline = _outline(document)
    pages = mark_furniture(
        [draft.page(index + 1, lay_out(draft.lines, typography, outline[index])) for index, draft in enumerate(drafts)]
    )
    title = _said_title(document.get_metadata_value("Title"))
    return ParsedDocument("", pages, title, _warnings(pages, drafts))


@dataclass(frozen=True, slots=True)
class _Draft:
    """A page as read, before the typography of the whole document is known."""

    lines: list[Line]
    frame: Frame
    label: str
    needs_ocr: bool = False
    broken: bool = False

    def page(self, number: int, laid: LaidOut) -> Page:
        width, height = self.frame.size
        return Page(number, laid.text, self.label, tuple(laid.blocks), tuple(laid.lines), width, height, self.needs_ocr)


def _draft(document: Any, index: int) -> _Draft:
    import pypdfium2

    label = one_line(document.get_page_label(index))
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return _Draft([], Frame(0.0, 0.0, 0.0, 0.0, 0), label, broken=True)
    with closing(page):
        frame = frame_of(page)
        try:
            text_page = page.get_textpage()
        except pypdfium2.PdfiumError:
            return _Draft([], frame, label, broken=True)
        with closing(text_page):
            lines = read_lines(text_page, frame)
        return _Draft(lines, frame, label, needs_ocr=not lines and _shows_image(page))


def _shows_image(page: Any) -> bool:
    from pypdfium2 import raw

    return any(True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4))


def _outline(document: Any) -> defaultdict[int, dict[str, int]]:
    """Page index -> title key -> heading level."""
    found: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for number, bookmark in enumerate(document.get_toc(max_depth=_MAX_OUTLINE_LEVEL)):
        if number >= _MAX_OUTLINE_ENTRIES:
            break
        destination = bookmark.get_dest()
        index = destination.get_index() if destination else None
        key = title_key(bookmark.get_title())
        if index is not None and key:
            found[index].setdefault(key, min(bookmark.level + 1, _MAX_OUTLINE_LEVEL))
    return found


def _said_title(written: str) -> str:
    """The title in the file's properties, unless a program put it there for want of a better one."""
    title = one_line(written).removeprefix("Microsoft Word - ").removeprefix("Microsoft PowerPoint - ")
    return "" if title.lower().strip("()") in _NO_TITLES else title


def _warnings(pages: tuple[Page, ...], drafts: list[_Draft]) -> tuple[Message, ...]:
    pictures = sum(page.needs_ocr for page in pages)
    broken = sum(draft.broken for draft in drafts)
    all_pages = say("pages", count=len(pages))
    warnings = []
    if pictures:
        warnings.append(say("pages-are-pictures", count=pictures, pages=all_pages))
    if broken:
        warnings.append(say("pages-damaged", count=broken, pages=all_pages))
    if not warnings and not any(page.text for page in pages):
        warnings.append(say("document-without-text"))
    return tuple(warnings)
