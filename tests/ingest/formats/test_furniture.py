from __future__ import annotations

from rag_core.ingest.chunker import chunk_document
from rag_core.ingest.formats.furniture import mark_furniture
from rag_core.types import Block, Page, ParsedDocument
from tests.fakes_encoder import FakeEncoder


def page(number: int, *parts: str) -> Page:
    text, blocks = "", []
    for part in parts:
        blocks.append(Block("paragraph", len(text), len(text) + len(part)))
        text += part + "\n\n"
    return Page(number, text, blocks=tuple(blocks))


def pages(count: int = 4) -> list[Page]:
    return [
        page(n, "Handbook · v7", f"Page {n} of 4", f"Rule {n + 10} is good.", "Confidential")
        for n in range(1, count + 1)
    ]


def test_headers_and_footers_are_in_no_chunk_but_stay_on_the_page() -> None:
    marked = mark_furniture(pages())
    chunks = list(chunk_document(ParsedDocument("application/pdf", marked), FakeEncoder(), 100))
    assert [chunk.text for chunk in chunks] == [f"Rule {n} is good." for n in range(11, 15)]
    assert all("Handbook" in page.text for page in marked)


def test_a_page_that_is_nothing_else_keeps_no_chunk_and_loses_no_text() -> None:
    marked = mark_furniture([*pages(), page(5, "Handbook · v7", "Page 5 of 4", "Confidential")])
    assert {block.kind for block in marked[-1].blocks} == {"furniture"}


def test_what_repeats_in_the_middle_of_a_page_is_text() -> None:
    repeated = [page(n, "a", "b", "c", "The same sentence.", "d", "e", f"f{n}") for n in range(5)]
    assert all(p.blocks[3].kind == "paragraph" for p in mark_furniture(repeated))


def test_a_figure_that_differs_from_page_to_page_is_text() -> None:
    invoices = [page(n, "Invoice", f"Total: {n * 45}") for n in range(1, 6)]
    assert all(p.blocks[1].kind == "paragraph" for p in mark_furniture(invoices))


def test_two_pages_prove_nothing() -> None:
    assert mark_furniture(pages(2)) == tuple(pages(2))
