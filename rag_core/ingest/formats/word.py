"""DOCX: headings by style, numbered as Word shows them, lists, tables, notes; pages where Word last broke them."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from rag_core.ingest.formats import containers, failures
from rag_core.ingest.formats.chart import add_chart
from rag_core.ingest.formats.flow import FlowBuilder, one_line
from rag_core.ingest.formats.office_package import OfficePackage, attribute, child, descendants, is_on, local_name
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.source import Source
from rag_core.ingest.formats.table_rows import joined
from rag_core.ingest.formats.word_numbering import Numbering
from rag_core.ingest.formats.word_styles import Styles, numbering_of, outline_level_of
from rag_core.ingest.formats.word_text import Break, Pieces, pieces_of
from rag_core.messages import say
from rag_core.types import BlockKind, ParsedDocument

_CONTAINERS = frozenset(
    "sdt sdtContent customXml ins moveTo smartTag AlternateContent Choice body hdr ftr footnote endnote".split()
)
_MAX_CELL_CHARS = 1500


def score(source: Source, named: bool) -> float:
    names = source.zip_names
    if any(name.lower().startswith("word/") and name.lower().endswith(".xml") for name in names):
        return 0.9
    return 0.3 if named and source.head.startswith(b"PK") else 0.0


def parse(source: Source, limits: ParseLimits) -> ParsedDocument:
    containers.refuse_zip_bomb(source.file, source.path)
    flow = FlowBuilder(source.path, limits)
    with failures.damage_is_reported(source.path):
        package = OfficePackage(io.BytesIO(source.read_bytes()))
        main = next(iter(package.related("", "officeDocument")), "word/document.xml")
        walk = _Walk(package, main, flow)
        walk.document()
        title = one_line(package.title())
    document = flow.document(title, say("document-without-text"))
    return replace(document, place="page") if walk.knows_pages else document


class _Walk:
    """Goes through the body once, from top to bottom."""

    def __init__(self, package: OfficePackage, main: str, flow: FlowBuilder) -> None:
        self._package = package
        self._main = main
        self._flow = flow
        self._styles = Styles(self._part("styles"))
        self._numbering = Numbering.of(self._part("numbering"))
        self._notes = self._notes_by_id()
        self._page_break: Break = "explicit"
        self._breaks_allowed = True

    def document(self) -> None:
        root = self._package.xml(self._main)
        body = child(root, "body")
        if body is None:
            raise ValueError("it has no body")
        if next(descendants(body, "lastRenderedPageBreak"), None) is not None:
            self._page_break = "rendered"  # Word's own page ends; they include the explicit ones
        self._blocks(body)
        self._breaks_allowed = False
        for name in self._package.related(self._main, "chart"):
            add_chart(self._package.xml(name), self._flow)
        for name in self._package.related(self._main, "diagramData"):
            self._blocks_of_diagram(self._package.xml(name))
        self._headers_and_footers()

    @property
    def knows_pages(self) -> bool:
        """Whether Word has left its page ends in the file: without them, nobody knows where a page ends."""
        return self._page_break == "rendered"

    def _part(self, kind: str) -> Any:
        names = self._package.related(self._main, kind)
        return self._package.xml(names[0]) if names else None

    def _notes_by_id(self) -> dict[tuple[str, str], Any]:
        notes = {}
        for kind in ("footnote", "endnote"):
            root = self._part(f"{kind}s")
            for note in root if root is not None else ():
                if attribute(note, "type", "normal") == "normal":
                    notes[kind, attribute(note, "id")] = note
        return notes

    def _blocks(self, parent: Any) -> None:
        for element in parent:
            name = local_name(element)
            if name == "p":
                self._paragraph(element)
            elif name == "tbl":
                self._table(element)
            elif name in _CONTAINERS:
                self._blocks(element)

    def _paragraph(self, paragraph: Any) -> None:
        properties = child(paragraph, "pPr")
        style = self._styles.of(attribute(child(properties, "pStyle"), "val"))
        pieces = pieces_of(paragraph)
        heading = outline_level_of(properties) or style.heading
        number_id, level = numbering_of(properties)
        if not number_id:
            number_id, level = style.number_id, level or style.level
        label = self._numbering.label(number_id, level) if number_id not in ("", "0") else ""
        if self._page_break == "explicit" and is_on(child(properties, "pageBreakBefore")):
            self._end_page()
        if not style.contents:
            kind: BlockKind = "heading" if heading else "list_item" if label else "code" if style.code else "paragraph"
            self._add(kind, pieces, label, heading)
        self._anchored(pieces)
        if self._page_break == "explicit" and _ends_section_page(properties):
            self._end_page()

    def _add(self, kind: BlockKind, pieces: Pieces, label: str, level: int) -> None:
        for index, text in enumerate(pieces.split(self._page_break)):
            if index:
                self._end_page()
            if text.strip():
                self._flow.add(kind, f"{label} {text.lstrip()}" if label else text, level)
                label = ""

    def _anchored(self, pieces: Pieces) -> None:
        for box in pieces.boxes:
            self._blocks(box)
        for reference in pieces.notes:
            note = self._notes.pop(reference, None)
            if note is not None:
                text = " ".join(pieces_of(paragraph).text.strip() for paragraph in descendants(note, "p"))
                self._flow.add("paragraph", f"Note: {text}" if text.strip() else "")

    def _end_page(self) -> None:
        if self._breaks_allowed:
            self._flow.break_page(keep_empty=True)

    def _table(self, table: Any) -> None:
        rows = [list(_inside(row, "tc")) for row in _inside(table, "tr")]
        texts = {id(cell): self._cell_text(cell) for row in rows for cell in row}
        if all(len(row) <= 1 for row in rows) or any(len(text) > _MAX_CELL_CHARS for text in texts.values()):
            for row in rows:  # a frame around running text
                for cell in row:
                    self._blocks(cell)
            return
        above: dict[int, str] = {}
        for row in rows:
            if any(next(descendants(cell, "lastRenderedPageBreak"), None) is not None for cell in row):
                self._end_page()
            self._flow.add("table_row", joined(_row_cells(row, texts, above)))

    def _cell_text(self, cell: Any) -> str:
        words: list[str] = []
        for paragraph in descendants(cell, "p"):
            pieces = pieces_of(paragraph)
            words.append(pieces.text)
            words.extend(pieces_of(inner).text for box in pieces.boxes for inner in descendants(box, "p"))
        return one_line(" ".join(words))

    def _blocks_of_diagram(self, root: Any) -> None:
        for paragraph in descendants(root, "p"):
            self._flow.add("list_item", "".join(one.text or "" for one in descendants(paragraph, "t")))

    def _headers_and_footers(self) -> None:
        """What stands at the edge of every page, once, after the text: it is searchable and in nobody's way."""
        seen: set[str] = set()
        for kind in ("header", "footer"):
            for name in self._package.related(self._main, kind):
                root = self._package.xml(name)
                text = one_line(" ".join(pieces_of(paragraph).text for paragraph in descendants(root, "p")))
                if any(char.isalpha() for char in text) and text not in seen:
                    seen.add(text)
                    self._flow.add("paragraph", text)


def _inside(element: Any, name: str) -> Iterable[Any]:
    """Children of that name, also those in content controls, insertions and the like."""
    for one in element:
        found = local_name(one)
        if found == name:
            yield one
        elif found in _CONTAINERS:
            yield from _inside(one, name)


def _row_cells(row: list[Any], texts: dict[int, str], above: dict[int, str]) -> list[str]:
    """A value that is merged downwards is repeated in each row; `above` remembers it by column."""
    cells: list[str] = []
    column = 0
    for cell in row:
        properties = child(cell, "tcPr")
        merged = child(properties, "vMerge")
        text = texts[id(cell)]
        if merged is not None and attribute(merged, "val", "continue") == "continue":
            text = text or above.get(column, "")
        above[column] = text
        cells.append(text)
        span = attribute(child(properties, "gridSpan"), "val", "1")
        column += int(span) if span.isdigit() else 1
    return cells


def _ends_section_page(properties: Any) -> bool:
    section = child(properties, "sectPr")
    if section is None:
        return False
    return attribute(child(section, "type"), "val") not in ("continuous", "nextColumn")
