"""PPTX: a slide is a page; its title a heading, then its texts, tables, charts' words and the speaker's notes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rag_core.ingest.formats import containers, failures
from rag_core.ingest.formats.chart import add_chart
from rag_core.ingest.formats.flow import FlowBuilder, one_line
from rag_core.ingest.formats.office_package import OfficePackage, attribute, child, descendants, local_name
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.source import Source
from rag_core.ingest.formats.table_rows import joined
from rag_core.messages import say
from rag_core.types import BlockKind, ParsedDocument

_TITLES = frozenset(("title", "ctrTitle"))
_FURNITURE = frozenset(("sldNum", "dt", "ftr", "hdr", "sldImg"))  # placeholders that say nothing about the slide


def score(source: Source, named: bool) -> float:
    if any(name.lower().startswith("ppt/") for name in source.zip_names):
        return 0.9
    return 0.3 if named and source.head.startswith(b"PK") else 0.0


def parse(source: Source, limits: ParseLimits) -> ParsedDocument:
    containers.refuse_zip_bomb(source.file, source.path)
    flow = FlowBuilder(source.path, replace(limits, part_chars=limits.max_text_chars))  # a slide is a page
    with failures.damage_is_reported(source.path):
        package = OfficePackage(io.BytesIO(source.read_bytes()))
        main = next(iter(package.related("", "officeDocument")), "ppt/presentation.xml")
        for number, name in enumerate(_slide_names(package, main)):
            flow.break_page(keep_empty=number > 0)
            _add_slide(package, name, flow)
        title = one_line(package.title())
    return flow.document(title, say("slides-without-text"), keep_empty=True)


def _slide_names(package: OfficePackage, main: str) -> list[str]:
    by_id = dict(package.relations(main, "slide"))
    listed = child(package.xml(main), "sldIdLst")
    identifiers = [_relationship_id(one) for one in listed] if listed is not None else []
    return [by_id[identifier] for identifier in identifiers if identifier in by_id]


def _relationship_id(element: Any) -> str:
    """The r:id of a slide; it also has an id without a namespace."""
    return next((str(value) for key, value in element.attrib.items() if key.endswith("}id")), "")


def _add_slide(package: OfficePackage, name: str, flow: FlowBuilder) -> None:
    shapes = list(_shapes(package.xml(name)))
    shapes.sort(key=lambda shape: _placeholder(shape) not in _TITLES)  # stable: titles first, the rest as they stand
    for shape in shapes:
        _add_shape(shape, flow)
    for part in package.related(name, "chart"):
        add_chart(package.xml(part), flow)
    for part in package.related(name, "diagramData"):
        _add_words(package.xml(part), flow)
    for part in package.related(name, "notesSlide"):
        for shape in _shapes(package.xml(part)):
            if _placeholder(shape) not in _FURNITURE:
                text = "\n".join(text for text, _ in _paragraphs(shape))
                flow.add("paragraph", f"Notes: {text}" if text else "")


def _shapes(root: Any) -> Iterator[Any]:
    """Text shapes and graphic frames, those in groups as well; of alternatives the first."""
    for one in root:
        name = local_name(one)
        if name in ("sp", "graphicFrame", "cxnSp"):
            yield one
        elif name == "AlternateContent":
            for choice in list(one)[:1]:
                yield from _shapes(choice)
        elif name in ("cSld", "spTree", "grpSp"):
            yield from _shapes(one)


def _placeholder(shape: Any) -> str:
    for one in descendants(shape, "ph"):
        return attribute(one, "type", "body")
    return ""


def _add_shape(shape: Any, flow: FlowBuilder) -> None:
    place = _placeholder(shape)
    if place in _FURNITURE:
        return
    for table in descendants(shape, "tbl"):
        _add_table(table, flow)
        return
    if place in _TITLES:
        flow.add("heading", one_line(" ".join(text for text, _ in _paragraphs(shape))), 1)
        return
    for text, is_item in _paragraphs(shape):
        kind: BlockKind = "list_item" if is_item or place == "body" else "paragraph"
        flow.add(kind, f"- {text}" if kind == "list_item" else text)


def _add_table(table: Any, flow: FlowBuilder) -> None:
    for row in descendants(table, "tr"):
        cells = [one for one in row if local_name(one) == "tc" and attribute(one, "hMerge") not in ("1", "true")]
        texts = (one_line(" ".join(text for text, _ in _paragraphs(cell))) for cell in cells)
        flow.add("table_row", joined(texts))


def _paragraphs(shape: Any) -> Iterator[tuple[str, bool]]:
    """(text, whether it has a bullet or a number of its own)."""
    for paragraph in descendants(shape, "p"):
        pieces: list[str] = []
        for one in paragraph.iter():
            name = local_name(one)
            if name == "t":
                pieces.append(one.text or "")
            elif name in ("br", "tab"):
                pieces.append("\n" if name == "br" else "\t")
        text = "".join(pieces).strip()
        if text:
            properties = child(paragraph, "pPr")
            bullets = ("buChar", "buAutoNum")
            yield text, any(child(properties, bullet) is not None for bullet in bullets)


def _add_words(root: Any, flow: FlowBuilder) -> None:
    """The words of a diagram (SmartArt): one list item for each paragraph."""
    for text, _ in _paragraphs(root):
        flow.add("list_item", f"- {text}")
