from __future__ import annotations

import io
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from rag_core.errors import DocumentUnreadable
from rag_core.ingest.formats.pdf_lines import Frame
from tests.ingest.formats import samples
from tests.ingest.formats.reading_here import blocks, parse

BODY = 11.0


def running_text(top: float, *lines: str, x: float = 72.0) -> list[samples.PdfLine]:
    return [(x, top - 14 * number, BODY, line) for number, line in enumerate(lines)]


FILLER = running_text(
    400, *(f"Filler line {i} so that the body size is clear to anybody who counts." for i in range(8))
)


def encrypted(data: bytes, *, user: str, owner: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(user_password=user, owner_password=owner, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_lines_of_a_paragraph_become_one_text_and_keep_their_boxes(tmp_path: Path) -> None:
    lines = running_text(
        700, "Requests for leave are made in writing at least", "two weeks before the first day of leave."
    )
    page = parse(tmp_path, "a.pdf", samples.pdf([lines])).pages[0]
    assert page.text == "Requests for leave are made in writing at least two weeks before the first day of leave."
    first, second = page.lines
    assert page.text[first.start : first.end] == "Requests for leave are made in writing at least"
    assert (page.width, page.height) == (595, 842)
    assert first.x0 == pytest.approx(72, abs=2)
    assert first.y0 < 842 - 700 < first.y1 + 1  # the base line, from the top
    assert second.y0 > first.y0


def test_a_hyphen_that_cuts_a_word_goes_and_one_that_belongs_to_it_stays(tmp_path: Path) -> None:
    lines = running_text(
        700, "The compre-", "hensive plan is a well-known example of well-", "known plans in the whole company."
    )
    page = parse(tmp_path, "a.pdf", samples.pdf([lines])).pages[0]
    assert "comprehensive plan" in page.text
    assert "well-known plans" in page.text
    assert page.text[: page.lines[0].end] == "The compre"


def test_paragraphs_are_told_apart_by_the_space_between_them(tmp_path: Path) -> None:
    lines = running_text(700, "First line of one", "second line of one") + running_text(
        640, "First of two", "second of two"
    )
    page = parse(tmp_path, "a.pdf", samples.pdf([lines])).pages[0]
    assert len(page.blocks) == 2


def test_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    left = running_text(700, "Left column starts here and", "goes on down here.", x=50)
    right = running_text(700, "Right column starts here and", "goes on there.", x=320)
    page = parse(tmp_path, "a.pdf", samples.pdf([left + right])).pages[0]
    assert [text for _, text in blocks(page)] == [
        "Left column starts here and goes on down here.",
        "Right column starts here and goes on there.",
    ]


def test_larger_type_is_a_heading_and_bullets_are_list_items(tmp_path: Path) -> None:
    lines = [(72.0, 760.0, 20.0, "Annual leave"), (72.0, 720.0, 14.0, "Carry-over")]
    lines += running_text(690, "- unused days", "- sick days")
    page = parse(tmp_path, "a.pdf", samples.pdf([lines + FILLER])).pages[0]
    assert [(block.kind, block.level) for block in page.blocks][:4] == [
        ("heading", 1), ("heading", 2), ("list_item", 0), ("list_item", 0),
    ]  # fmt: skip


def test_titles_of_the_outline_are_headings_whatever_their_size(tmp_path: Path) -> None:
    lines = running_text(700, "1.2 Sick notes") + running_text(680, "Hand them in on the third day at the latest.")
    data = samples.pdf([FILLER, lines], outline=[("Sick notes", 1)])
    page = parse(tmp_path, "a.pdf", data).pages[1]
    assert blocks(page)[0] == ("heading", "1.2 Sick notes")


def test_page_labels_and_the_title_are_kept(tmp_path: Path) -> None:
    data = samples.pdf([FILLER, FILLER, FILLER], labels="0 << /S /r >> 2 << /S /D >>", title="Handbook")
    document = parse(tmp_path, "a.pdf", data)
    assert document.title == "Handbook"
    assert [page.label for page in document.pages] == ["i", "ii", "1"]


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_boxes_of_rotated_pages_are_where_the_page_shows_them(tmp_path: Path, rotate: int) -> None:
    """pdfium itself says where a point of the page is shown."""
    import pypdfium2
    from pypdfium2 import raw

    data = samples.pdf([[(72.0, 700.0, 12.0, "Turned around")]], rotate=rotate)
    page = parse(tmp_path, "a.pdf", data).pages[0]
    (line,) = page.lines
    document = pypdfium2.PdfDocument(data)
    one = document[0]
    x, y = raw.c_int(), raw.c_int()
    width, height = one.get_size()
    raw.FPDF_PageToDevice(one, 0, 0, round(width), round(height), 0, 73.0, 704.0, x, y)
    one.close()
    document.close()
    assert (page.width, page.height) == (width, height)
    assert line.x0 - 2 <= x.value <= line.x1 + 2
    assert line.y0 - 2 <= y.value <= line.y1 + 2


def test_turning_a_box_four_times_brings_it_back() -> None:
    frame = Frame(10.0, 20.0, 110.0, 220.0, 0)
    assert frame.shown(10.0, 210.0, 30.0, 220.0) == (0.0, 0.0, 20.0, 10.0)
    assert Frame(10.0, 20.0, 110.0, 220.0, 180).shown(10.0, 210.0, 30.0, 220.0) == (80.0, 190.0, 100.0, 200.0)


def test_a_scan_says_that_it_cannot_be_searched_yet(tmp_path: Path) -> None:
    document = parse(tmp_path, "a.pdf", samples.pdf([[], [], []], image_only=True))
    assert all(page.needs_ocr for page in document.pages)
    assert [str(warning) for warning in document.warnings] == [
        "3 of 3 pages are pictures without text; they cannot be searched yet."
    ]


def test_a_blank_page_is_no_picture(tmp_path: Path) -> None:
    document = parse(tmp_path, "a.pdf", samples.pdf([[]]))
    assert not document.pages[0].needs_ocr
    (warning,) = document.warnings
    assert str(warning) == "There is no text in this document."


def test_a_file_that_needs_a_password_says_so(tmp_path: Path) -> None:
    with pytest.raises(DocumentUnreadable, match="needs a password"):
        parse(tmp_path, "a.pdf", encrypted(samples.pdf([FILLER]), user="secret", owner="boss"))


def test_a_file_that_only_forbids_printing_is_read(tmp_path: Path) -> None:
    document = parse(tmp_path, "a.pdf", encrypted(samples.pdf([FILLER]), user="", owner="boss"))
    assert "Filler line 3" in document.pages[0].text


def test_the_second_reader_reads_what_the_first_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pypdfium2

    def refuse(data: bytes) -> None:
        raise pypdfium2.PdfiumError("no")

    monkeypatch.setattr(pypdfium2, "PdfDocument", refuse)
    data = samples.pdf([running_text(700, "Read by the second reader."), [], []])
    document = parse(tmp_path, "a.pdf", data)
    assert [page.text for page in document.pages] == ["Read by the second reader.", "", ""]
    assert "second reader" in str(document.warnings[0])


def test_a_pdf_named_txt_is_a_pdf(tmp_path: Path) -> None:
    assert parse(tmp_path, "a.txt", samples.pdf([FILLER])).media_type == "application/pdf"


def test_rubbish_named_pdf_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentUnreadable, match="damaged"):
        parse(tmp_path, "a.pdf", b"This is no PDF at all.")
