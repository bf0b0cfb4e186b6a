"""A conversation as a Word file: headings that Word lists beside the text, quotes set apart, a line at the foot."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from rag_core.conversations.marked_text import MarkedText
from rag_core.conversations.written import SourceEntry, Written

_LIST_STYLES = {"bullet_list_open": "List Bullet", "ordered_list_open": "List Number"}
_LIST_ENDS = ("bullet_list_close", "ordered_list_close")


def word_file(title: str, made: str, turns: Sequence[Written], footer: str) -> bytes:
    """The bytes of a .docx file."""
    import docx

    document = docx.Document()
    document.core_properties.author = "Alcove"
    document.core_properties.title = title[:255]
    document.core_properties.comments = ""
    document.add_heading(title, 0)
    document.add_paragraph(made)
    for turn in turns:
        _add_turn(document, turn)
    document.sections[0].footer.paragraphs[0].text = footer
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _add_turn(document: Any, turn: Written) -> None:
    document.add_heading(turn.question, 1)
    document.add_paragraph().add_run(turn.asked).italic = True
    for note in turn.notes:
        document.add_paragraph().add_run(note).bold = True
    if turn.quoted is not None:
        for quote in turn.quoted.quotes:
            _add_quote(document, quote, f" {turn.quoted.where}")
    if turn.text:
        _add_markdown(document, turn.text)
    if turn.remark:
        document.add_paragraph().add_run(turn.remark).italic = True
    if turn.sources:
        document.add_heading(turn.sources_title, 2)
    for source in turn.sources:
        _add_source(document, source)


def _add_source(document: Any, source: SourceEntry) -> None:
    paragraph = document.add_paragraph()
    if source.number:
        paragraph.add_run(f"[{source.number}] ")
    paragraph.add_run(source.name).bold = True
    if source.place:
        paragraph.add_run(f", {source.place}")
    for quote in source.quotes:
        _add_quote(document, quote)


def _add_quote(document: Any, quote: MarkedText, behind: str = "") -> None:
    """What is marked stands out."""
    paragraph = document.add_paragraph(quote.text[: quote.start], style="Quote")
    if quote.marked:
        paragraph.add_run(quote.marked).bold = True
    paragraph.add_run(f"{quote.text[quote.end :]}{behind}")


def _add_markdown(document: Any, text: str) -> None:
    """Paragraphs, lists, headings, code and tables; a kind that is not known stays as its words."""
    from markdown_it import MarkdownIt

    styles: list[str] = []
    heading = False
    rows: list[list[Any]] | None = None  # the cells of the table that is being read
    for token in MarkdownIt("commonmark", {"html": False}).enable("table").parse(text):
        if token.type in _LIST_STYLES:
            styles.append(_LIST_STYLES[token.type])
        elif token.type in _LIST_ENDS:
            styles.pop()
        elif token.type in ("heading_open", "heading_close"):
            heading = token.type == "heading_open"
        elif token.type == "table_open":
            rows = []
        elif token.type == "table_close":
            _add_table(document, rows or [])
            rows = None
        elif token.type == "tr_open" and rows is not None:
            rows.append([])
        elif token.type in ("fence", "code_block"):
            document.add_paragraph(token.content.rstrip("\n"), style=styles[-1] if styles else None)
        elif token.type == "inline" and rows is not None:
            rows[-1].append(token)
        elif token.type == "inline":
            _add_inline(document.add_paragraph(style=styles[-1] if styles else None), token.children or [], heading)


def _add_table(document: Any, rows: Sequence[Sequence[Any]]) -> None:
    """Its first row is its head, which Word shows again on every page."""
    from docx.oxml import OxmlElement

    table = document.add_table(rows=len(rows), cols=max(len(row) for row in rows), style="Table Grid")
    for number, row in enumerate(rows):
        for cell, token in zip(table.rows[number].cells, row, strict=False):  # a short row leaves its last cells empty
            _add_inline(cell.paragraphs[0], token.children or [], heading=number == 0)
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # python-docx has no name for it
    document.add_paragraph()  # Word would make one table of two that touch


def _add_inline(paragraph: Any, pieces: Sequence[Any], heading: bool) -> None:
    bold, italic = int(heading), 0
    for piece in pieces:
        if piece.type in ("strong_open", "strong_close"):
            bold += piece.nesting
        elif piece.type in ("em_open", "em_close"):
            italic += piece.nesting
        elif piece.type in ("softbreak", "hardbreak"):
            paragraph.add_run("\n")
        elif piece.content:
            run = paragraph.add_run(piece.content)
            run.bold, run.italic = bold > 0 or None, italic > 0 or None
