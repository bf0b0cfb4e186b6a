"""From an HTML tree to blocks in reading order."""

from __future__ import annotations

import re
from typing import Any

from rag_core.ingest.formats.flow import FlowBuilder, one_line
from rag_core.ingest.formats.grid import Spanned, fill_spans
from rag_core.ingest.formats.html_links import link_lists
from rag_core.ingest.formats.table_rows import joined
from rag_core.types import BlockKind

_UNREAD = frozenset(
    "script style noscript template svg head nav iframe object embed audio video canvas select option button "
    "datalist dialog input textarea map area".split()
)
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark math q rp rt ruby s samp "
    "small span strike strong sub sup time tt u var wbr o:p nobr".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_CHROME_ROLES = frozenset(("navigation", "search", "menu", "menubar", "tablist", "toolbar", "dialog"))
_SPACES = re.compile(r"[ \t\n\r\f]+")
_MAX_CELL_CHARS = 1500
_MIN_MAIN_SHARE = 0.25


def add_page(root: Any, flow: FlowBuilder) -> None:
    """Walk the main part of the page if it names one, else the whole body."""
    body = root.find("body")
    body = root if body is None else body
    main = _main_part(body)
    if main is not body and main.find(".//h1") is None:  # it often stands above the main part
        for heading in body.xpath("(.//h1)[1]"):
            flow.add("heading", one_line(heading.text_content()), 1)
    _Walk(flow, link_lists(main, _UNREAD)).walk(main)


def _main_part(body: Any) -> Any:
    mains = body.xpath(".//main | .//*[@role='main']")
    if len(mains) == 1:
        whole = len(one_line(body.text_content()))
        if len(one_line(mains[0].text_content())) >= _MIN_MAIN_SHARE * whole:
            return mains[0]
    return body


class _Walk:
    """Collects inline text until a block begins or ends, then adds it as one block."""

    def __init__(self, flow: FlowBuilder, left_out: set[Any]) -> None:
        self._flow = flow
        self._left_out = left_out
        self._inline: list[str] = []
        self._kind: BlockKind = "paragraph"
        self._level = 0
        self._mark = ""

    def walk(self, element: Any) -> None:
        self._children(element)
        self._flush()

    def _flush(self) -> None:
        lines = (_SPACES.sub(" ", line).strip() for line in "".join(self._inline).split("\v"))
        text = "\n".join(line for line in lines if line)
        self._inline = []
        if text:
            self._flow.add(self._kind, self._mark + text, self._level)
            self._mark = ""

    def _children(self, element: Any) -> None:
        if element.text:
            self._inline.append(element.text)
        for child in element:
            self._element(child)
            if child.tail:
                self._inline.append(child.tail)

    def _element(self, element: Any) -> None:
        tag = element.tag
        if not isinstance(tag, str) or tag in _UNREAD or element in self._left_out or _is_hidden(element):
            return
        if tag == "br":
            self._inline.append("\v")
        elif tag == "img":
            self._inline.append(f" {element.get('alt', '')} ")
        elif tag in ("rt", "rp"):
            return  # the reading of a character, not the text
        elif tag in _INLINE:
            self._children(element)
        else:
            self._flush()
            self._block(element, tag)
            self._flush()

    def _block(self, element: Any, tag: str) -> None:
        before = self._kind, self._level
        if tag in _HEADINGS:
            self._kind, self._level = "heading", _HEADINGS[tag]
            self._children(element)
        elif tag in ("li", "dt", "dd"):
            self._kind, self._level = "list_item", 0
            self._mark = _mark_of(element) if tag == "li" else ""
            self._children(element)
        elif tag == "pre":
            self._flow.add("code", "".join(element.itertext()))
        elif tag == "table" and _is_data(element):
            self._table(element)
        else:
            self._children(element)
        self._flush()
        self._kind, self._level = before
        self._mark = "" if tag == "li" else self._mark

    def _table(self, table: Any) -> None:
        caption = table.find("caption")
        if caption is not None:
            self._flow.add("paragraph", one_line(caption.text_content()))
        rows = [
            [Spanned(_cell(cell), _span(cell, "colspan"), _span(cell, "rowspan")) for cell in row.xpath("./td | ./th")]
            for row in table.xpath("./tr | ./thead/tr | ./tbody/tr | ./tfoot/tr")
        ]
        for cells in fill_spans(rows):
            self._flow.add("table_row", joined(cells))


def _cell(cell: Any) -> str:
    pieces: list[str] = []

    def collect(element: Any) -> None:
        if not isinstance(element.tag, str) or element.tag in _UNREAD or element.tag in ("rt", "rp"):
            return
        boundary = element.tag not in _INLINE
        pieces.append(" " if boundary else "")
        pieces.append(element.text or "")
        for child in element:
            collect(child)
            pieces.append(child.tail or "")
        pieces.append(" " if boundary else "")

    collect(cell)
    return one_line("".join(pieces))


def _span(cell: Any, name: str) -> int:
    value = (cell.get(name) or "").strip()
    return int(value) if value.isdigit() and len(value) < 4 else 1


def _is_data(table: Any) -> bool:
    """Values in cells; old pages use tables for their layout, with whole texts or tables in the cells."""
    if table.xpath(".//table | .//h1 | .//h2 | .//h3 | .//pre"):
        return False
    return all(len(cell.text_content()) <= _MAX_CELL_CHARS for cell in table.xpath(".//td"))


def _is_hidden(element: Any) -> bool:
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    style = (element.get("style") or "").replace(" ", "").lower()
    return "display:none" in style or element.get("role") in _CHROME_ROLES


def _mark_of(item: Any) -> str:
    parent = item.getparent()
    if parent is None or parent.tag != "ol":
        return "- "
    start = parent.get("start") or "1"
    first = int(start) if start.isdigit() and len(start) < 9 else 1
    return f"{first + sum(1 for before in item.itersiblings('li', preceding=True))}. "
