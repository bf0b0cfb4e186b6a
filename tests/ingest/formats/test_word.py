from __future__ import annotations

from pathlib import Path

import pytest

from rag_core.errors import DocumentUnreadable
from rag_core.ingest.formats.word_numbering import number_text
from tests.ingest.formats import samples
from tests.ingest.formats.reading_here import blocks, parse, texts
from tests.ingest.formats.samples import HEADING_STYLES, docx, paragraph

NUMBERED = (
    '<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
    '<w:lvlText w:val="%1."/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/>'
    '<w:lvlText w:val="%1.%2)"/></w:lvl></w:abstractNum><w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num>'
)
BREAK = "<w:r><w:lastRenderedPageBreak/></w:r>"


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def item(text: str, level: int) -> str:
    return paragraph(text, extra=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="3"/></w:numPr>')


def test_headings_are_known_by_style_in_any_language(tmp_path: Path) -> None:
    body = paragraph("Urlaub", "berschrift1") + paragraph("Antrag", "berschrift2") + paragraph("Text.")
    page = parse(tmp_path, "a.docx", docx(body, styles=HEADING_STYLES)).pages[0]
    assert [(block.kind, block.level) for block in page.blocks] == [("heading", 1), ("heading", 2), ("paragraph", 0)]


def test_numbers_that_word_computes_are_in_the_text(tmp_path: Path) -> None:
    body = item("Apply", 0) + item("in writing", 1) + item("in time", 1) + item("Wait", 0) + item("again", 1)
    found = texts(parse(tmp_path, "a.docx", docx(body, numbering=NUMBERED)))
    assert found == ["1. Apply", "1.a) in writing", "1.b) in time", "2. Wait", "2.a) again"]


def test_numbers_are_written_as_letters_and_roman_numerals() -> None:
    assert [number_text(n, "lowerRoman") for n in (1, 4, 9, 1994)] == ["i", "iv", "ix", "mcmxciv"]
    assert [number_text(n, "upperLetter") for n in (1, 26, 27)] == ["A", "Z", "AA"]


def test_deleted_text_is_gone_and_inserted_text_is_there(tmp_path: Path) -> None:
    body = (
        f"<w:p>{run('Notice is ')}<w:del><w:r><w:delText>two</w:delText></w:r></w:del><w:ins>{run('four')}</w:ins>"
        f"{run(' weeks.')}<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r></w:p>"
    )
    assert texts(parse(tmp_path, "a.docx", docx(body))) == ["Notice is four weeks."]


def test_pages_end_where_word_ended_them(tmp_path: Path) -> None:
    body = paragraph("On page one.") + f"<w:p>{run('Begins on one')}{BREAK}{run(' and ends on two.')}</w:p>"
    pages = parse(tmp_path, "a.docx", docx(body)).pages
    assert [page.text for page in pages] == ["On page one.\n\nBegins on one", "and ends on two."]


def test_rows_of_tables_repeat_what_is_merged_downwards(tmp_path: Path) -> None:
    def row(*cells: str) -> str:
        return f"<w:tr>{''.join(cells)}</w:tr>"

    def cell(text: str, merge: str = "") -> str:
        return f"<w:tc><w:tcPr>{merge}</w:tcPr>{paragraph(text)}</w:tc>"

    table = (
        row(cell("Team"), cell("Name"))
        + row(cell("Sales", '<w:vMerge w:val="restart"/>'), cell("Yamada"))
        + row(cell("", "<w:vMerge/>"), cell("Sato"))
    )
    document = parse(tmp_path, "a.docx", docx(f"<w:tbl>{table}</w:tbl>"))
    rows = [("table_row", "Team | Name"), ("table_row", "Sales | Yamada"), ("table_row", "Sales | Sato")]
    assert blocks(document.pages[0]) == rows


def test_notes_follow_their_paragraph_and_headers_come_last(tmp_path: Path) -> None:
    body = f"<w:p>{run('Claim')}<w:r><w:footnoteReference w:id='2'/></w:r></w:p>" + paragraph("Next.")
    notes = f'<w:footnote w:id="2">{paragraph("Source of it.")}</w:footnote>'
    document = parse(tmp_path, "a.docx", docx(body, footnotes=notes, header=paragraph("Policy 7")))
    assert texts(document) == ["Claim", "Note: Source of it.", "Next.", "Policy 7"]


def test_a_table_of_contents_is_left_out(tmp_path: Path) -> None:
    styles = HEADING_STYLES + '<w:style w:styleId="V1"><w:name w:val="toc 1"/></w:style>'
    body = paragraph("Urlaub....... 3", "V1") + paragraph("Urlaub", "berschrift1")
    assert texts(parse(tmp_path, "a.docx", docx(body, styles=styles))) == ["Urlaub"]


def test_a_text_box_written_in_two_ways_is_read_once(tmp_path: Path) -> None:
    space = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    box = f"<w:txbxContent>{paragraph('In a box.')}</w:txbxContent>"
    body = (
        f'<w:p>{run("Text.")}<w:r><mc:AlternateContent xmlns:mc="{space}"><mc:Choice><w:drawing>{box}</w:drawing>'
        f"</mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    assert texts(parse(tmp_path, "a.docx", docx(body))) == ["Text.", "In a box."]


def test_a_file_that_would_unpack_without_end_is_refused(tmp_path: Path) -> None:
    bomb = samples.package({"word/document.xml": b" " * 64 * 1024**2})
    with pytest.raises(DocumentUnreadable, match="would unpack to 64 MB"):
        parse(tmp_path, "bomb.docx", bomb)


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    inner = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY y "lol">]>'
    whole = f"{inner}<w:document {samples.WORD}><w:body><w:p><w:r><w:t>a&x;&y;</w:t></w:r></w:p></w:body></w:document>"
    assert "SECRET" not in parse(tmp_path, "a.docx", samples.package({"word/document.xml": whole})).pages[0].text
