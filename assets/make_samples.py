"""Writes the binary sample documents from the texts in `sample_sources`, the same bytes each time.

Needs `pip install reportlab python-docx xlsxwriter` (nothing of it is needed to read the samples), then:
`python assets/make_samples.py`. The HTML and Markdown samples are written by hand and not touched.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).parent / "sample_sources"
SAMPLES = Path(__file__).parent / "samples"
WRITTEN = datetime(2026, 9, 1, 9, 0, 0)
INK, RULE, TINT = "#1f4257", "#b9c6cf", "#eef3f6"


@dataclass(frozen=True)
class Element:
    """One block of a source: heading (level 1 ..), paragraph, list, table (its first row is the header), page break."""

    kind: str
    text: str = ""
    level: int = 0
    items: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def read_source(name: str) -> list[Element]:
    r"""Split a source into elements. It knows `#` headings, paragraphs, `- ` lists, `|` tables and `\newpage`."""
    blocks = re.split(r"\n\s*\n", (SOURCES / name).read_text(encoding="utf-8").strip())
    return [_element(block.strip()) for block in blocks]


def _element(block: str) -> Element:
    if block == r"\newpage":
        return Element("newpage")
    if block.startswith("#"):
        marks, text = block.split(" ", 1)
        return Element("heading", text, len(marks))
    if block.startswith("- "):
        return Element("list", items=tuple(line.removeprefix("- ") for line in block.splitlines()))
    if block.startswith("|"):
        rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in block.splitlines()]
        return Element("table", rows=tuple(row for row in rows if not set(row[0]) <= {"-"}))
    return Element("paragraph", block)


# --- PDF -------------------------------------------------------------------------------------------------------------


def write_handbook(path: Path) -> None:
    """The office handbook: A4, bookmarks, a running head, page numbers, tables. Standard fonts, so nothing to embed."""
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import BaseDocTemplate, Frame, NextPageTemplate, PageBreak, PageTemplate

    elements = read_source("office-handbook.md")
    pages = 1 + sum(element.kind == "newpage" for element in elements)
    width, height = A4
    styles = _pdf_styles()

    def draw_head(canvas: Any, _: Any) -> None:
        canvas.saveState()
        canvas.setFillColor(INK)
        canvas.setStrokeColor(RULE)
        if canvas.getPageNumber() == 1:
            canvas.rect(0, height - 120, width, 120, stroke=0, fill=1)
            canvas.setFillColor("#ffffff")
            canvas.setFont("Times-Roman", 15)
            canvas.drawString(62, height - 48, "Hollis & Marsh")
            canvas.setFont("Times-Bold", 30)
            canvas.drawString(62, height - 88, elements[0].text)
            canvas.bookmarkPage("title")
            canvas.addOutlineEntry(elements[0].text, "title", 0)
        else:
            canvas.setFont("Helvetica", 8.5)
            canvas.drawString(62, height - 40, "Hollis & Marsh · Office Handbook · version 7.2")
            canvas.line(62, height - 46, width - 62, height - 46)
        canvas.restoreState()

    def draw_foot(canvas: Any, _: Any) -> None:  # after the text, so that it is also read after it
        canvas.saveState()
        canvas.setFillColor("#66757f")
        canvas.setFont("Helvetica", 8.5)
        canvas.drawRightString(width - 62, 34, f"Page {canvas.getPageNumber()} of {pages}")
        canvas.restoreState()

    story: list[Any] = [NextPageTemplate("inner")]
    for element in elements[1:]:
        story.extend([PageBreak()] if element.kind == "newpage" else _pdf_flowables(element, styles, width - 124))
    document = BaseDocTemplate(
        str(path), pagesize=A4, invariant=1, title="Office Handbook", author="Hollis & Marsh", lang="en-GB"
    )
    first = Frame(62, 52, width - 124, height - 52 - 140, 0, 0, 0, 0)
    inner = Frame(62, 52, width - 124, height - 52 - 62, 0, 0, 0, 0)
    for name, frame in (("first", first), ("inner", inner)):
        document.addPageTemplates([PageTemplate(name, [frame], onPage=draw_head, onPageEnd=draw_foot)])
    document.build(story)
    if document.page != pages:
        raise SystemExit(f"The handbook takes {document.page} pages, but its text is set for {pages}.")


def _pdf_styles() -> dict[str, Any]:
    from reportlab.lib.styles import ParagraphStyle as Style

    body = Style("body", fontName="Times-Roman", fontSize=11.5, leading=15.6, spaceAfter=8)
    return {
        "body": body,
        "item": Style("item", body, leftIndent=14, bulletIndent=3, spaceAfter=3),
        "cell": Style("cell", fontName="Helvetica", fontSize=9, leading=11.5),
        "head": Style("head", fontName="Helvetica-Bold", fontSize=9, leading=11.5, textColor="#ffffff"),
        "1": Style("1", fontName="Times-Bold", fontSize=20, leading=25, spaceAfter=9, textColor=INK),
        "2": Style("2", fontName="Times-Bold", fontSize=13.5, leading=17, spaceBefore=9, spaceAfter=4, textColor=INK),
    }


def _pdf_flowables(element: Element, styles: dict[str, Any], width: float) -> list[Any]:
    from reportlab.platypus import Paragraph, Spacer

    if element.kind == "heading":
        return [_Heading(element.text, styles[str(element.level)], element.level)]
    if element.kind == "list":
        items = [Paragraph(_escape(item), styles["item"], bulletText="•") for item in element.items]
        return [*items, Spacer(1, 4)]
    if element.kind == "table":
        return [_pdf_table(element, styles, width), Spacer(1, 9)]
    return [Paragraph(_escape(element.text), styles["body"])]


def _Heading(text: str, style: Any, level: int) -> Any:  # noqa: N802 - builds a class that needs reportlab
    from reportlab.platypus import Paragraph

    class Heading(Paragraph):  # type: ignore[misc]
        """A heading that is also a bookmark."""

        def draw(self) -> None:
            self.canv.bookmarkPage(text)
            self.canv.addOutlineEntry(text, text, level - 1, closed=False)
            super().draw()

    return Heading(_escape(text), style)


def _pdf_table(element: Element, styles: dict[str, Any], width: float) -> Any:
    from reportlab.platypus import Paragraph, Table, TableStyle

    rows = [[Paragraph(_escape(c), styles["cell" if n else "head"]) for c in row] for n, row in enumerate(element.rows)]
    columns = list(zip(*element.rows, strict=True))
    weights = [max(15, 3 + max(len(cell) for cell in column)) for column in columns]
    looks = [
        ("BACKGROUND", (0, 0), (-1, 0), INK),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), ["#ffffff", TINT]),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, RULE),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 3.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]
    widths = [width * weight / sum(weights) for weight in weights]
    return Table(rows, colWidths=widths, style=TableStyle(looks), repeatRows=1)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


# --- Word ------------------------------------------------------------------------------------------------------------


def write_word(source: str, path: Path, author: str, east_asian_font: str = "") -> None:
    """A Word document with real heading, list and table styles."""
    import docx
    from docx.oxml.ns import qn

    document = docx.Document()
    if east_asian_font:
        for style in ("Normal", "Title", "Heading 1"):
            properties = document.styles[style].element.get_or_add_rPr()
            properties.get_or_add_rFonts().set(qn("w:eastAsia"), east_asian_font)
    elements = read_source(source)
    facts = document.core_properties
    facts.title, facts.author, facts.last_modified_by, facts.comments = elements[0].text, author, author, ""
    facts.created = facts.modified = WRITTEN
    for element in elements:
        _add_to_word(document, element)
    buffer = io.BytesIO()
    document.save(buffer)
    path.write_bytes(_repacked(buffer.getvalue()))


def _add_to_word(document: Any, element: Element) -> None:
    if element.kind == "heading":
        document.add_heading(element.text, element.level - 1)
    elif element.kind == "list":
        for item in element.items:
            document.add_paragraph(item, style="List Bullet")
    elif element.kind == "table":
        table = document.add_table(len(element.rows), len(element.rows[0]), style="Light Grid Accent 1")
        for row, texts in zip(table.rows, element.rows, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
        document.add_paragraph()
    else:
        document.add_paragraph(element.text)


def _repacked(packed: bytes) -> bytes:
    """The same archive with fixed time stamps, so that the same text gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != "docProps/thumbnail.jpeg":
                new.writestr(zipfile.ZipInfo(name, (2026, 9, 1, 9, 0, 0)), _without_thumbnail(name, old.read(name)), 8)
    return out.getvalue()


def _without_thumbnail(name: str, data: bytes) -> bytes:
    """python-docx's template carries a picture of an empty page; leave it out."""
    if name != "_rels/.rels":
        return data
    return re.sub(rb"<Relationship [^>]*thumbnail\.jpeg[^>]*/>", b"", data)


# --- Excel -----------------------------------------------------------------------------------------------------------


def write_workbook(path: Path) -> None:
    """Three sheets: meeting rooms, fees, leave balances (with a formula whose value is stored)."""
    import xlsxwriter

    sheets = json.loads((SOURCES / "rooms-fees-leave.json").read_text(encoding="utf-8"))
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"title": "Rooms, fees and leave", "author": "Hollis & Marsh", "created": WRITTEN})
    head = book.add_format({"bold": True, "bg_color": INK, "font_color": "#ffffff", "text_wrap": True, "valign": "top"})
    note = book.add_format({"italic": True, "font_color": "#66757f"})
    for name, content in sheets.items():
        sheet = book.add_worksheet(name)
        sheet.write(0, 0, content["note"], note)
        sheet.write_row(2, 0, content["header"], head)
        for number, row in enumerate(content["rows"], start=3):
            sheet.write_row(number, 0, row)
            if content["header"][-1] == "Remaining":
                entitled, carried, taken, booked = row[3:7]
                line = number + 1
                value = entitled + carried - taken - booked
                sheet.write_formula(number, 7, f"=D{line}+E{line}-F{line}-G{line}", None, value)
        for column, title in enumerate(content["header"]):
            longest = max(len(str(row[column])) for row in content["rows"] if column < len(row)) if column < 7 else 9
            sheet.set_column(column, column, min(42, max(longest, len(title) * 0.8) + 2))
        sheet.freeze_panes(3, 1)
    book.close()


def main(folder: Path = SAMPLES) -> None:
    folder.mkdir(exist_ok=True)
    write_handbook(folder / "office-handbook.pdf")
    write_word("data-retention-policy.md", folder / "data-retention-policy.docx", "Helen Okafor")
    write_word("yokohama-office-rules.md", folder / "yokohama-office-rules.docx", "小野寺健", "Yu Gothic")
    write_workbook(folder / "rooms-fees-leave.xlsx")


if __name__ == "__main__":
    main()
