from __future__ import annotations

from pathlib import Path

from tests.ingest.formats.reading_here import blocks, parse
from tests.ingest.formats.samples import pptx, shape


def test_a_slide_is_a_page_with_its_title_first_and_its_notes_last(tmp_path: Path) -> None:
    slides = [shape("12", "sldNum") + shape("Speed\nPrice", "body") + shape("Our plan", "title"), ""]
    document = parse(tmp_path, "a.pptx", pptx(slides, {0: "Say it slowly."}))
    assert len(document.pages) == 2
    assert blocks(document.pages[0]) == [
        ("heading", "Our plan"),
        ("list_item", "- Speed"),
        ("list_item", "- Price"),
        ("paragraph", "Notes: Say it slowly."),
    ]


def test_tables_and_groups_are_read(tmp_path: Path) -> None:
    cells = "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{t}</a:t></a:r></a:p></a:txBody></a:tc>" for t in ("Room", "Blue"))
    table = f"<a:graphic><a:graphicData><a:tbl><a:tr>{cells}</a:tr></a:tbl></a:graphicData></a:graphic>"
    document = parse(
        tmp_path, "a.pptx", pptx([f"<p:grpSp>{shape('Inside')}</p:grpSp><p:graphicFrame>{table}</p:graphicFrame>"])
    )
    assert blocks(document.pages[0]) == [("paragraph", "Inside"), ("table_row", "Room | Blue")]
