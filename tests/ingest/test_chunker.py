from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rag_core.ingest.chunker import chunk_document
from rag_core.types import Block, BlockKind, Page, ParsedDocument


class Words:
    """Counts words as tokens."""

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]


def page_of(*parts: tuple[BlockKind, str, int], number: int = 1) -> Page:
    text, blocks = "", []
    for kind, content, level in parts:
        blocks.append(Block(kind, len(text), len(text) + len(content), level))
        text += content + "\n"
    return Page(number, text, blocks=tuple(blocks))


def document(*pages: Page) -> ParsedDocument:
    return ParsedDocument("text/plain", pages)


def test_a_heading_opens_a_chunk_and_is_known_to_all_chunks_below_it() -> None:
    page = page_of(
        ("heading", "Leave", 1),
        ("paragraph", "one two three four five six seven eight", 0),
        ("heading", "Sick leave", 2),
        ("paragraph", "call your manager before nine in the morning", 0),
    )
    first, second = chunk_document(document(page), Words(), 10)
    assert first.text.startswith("Leave") and first.headings == ("Leave",)
    assert second.text.startswith("Sick leave") and second.headings == ("Leave", "Sick leave")


def test_a_chunk_of_two_sections_is_about_what_is_above_both() -> None:
    page = page_of(
        ("heading", "Rules", 1),
        ("heading", "Smoking", 2),
        ("paragraph", "not here", 0),
        ("heading", "Dogs", 2),
        ("paragraph", "welcome", 0),
    )
    (chunk,) = chunk_document(document(page), Words(), 60)
    assert chunk.headings == ("Rules",)


def test_headings_carry_over_to_the_next_page() -> None:
    pages = page_of(("heading", "Pensions", 1)), page_of(("paragraph", "paid at sixty five", 0), number=2)
    *_, last = chunk_document(document(*pages), Words(), 50)
    assert (last.page, last.headings) == (2, ("Pensions",))


def test_table_rows_stay_whole() -> None:
    rows = [("table_row", f"Name: n{i} | Days: {i}", 0) for i in range(30)]
    page = page_of(*rows)  # type: ignore[arg-type]  # mypy widens the literal in the comprehension
    for chunk in chunk_document(document(page), Words(), 25):
        assert all(re.fullmatch(r"Name: n\d+ \| Days: \d+", line) for line in chunk.text.splitlines())


def test_a_long_paragraph_breaks_between_sentences() -> None:
    text = " ".join(f"Sentence number {i} is here." for i in range(40))
    chunks = list(chunk_document(document(page_of(("paragraph", text, 0))), Words(), 30))
    assert len(chunks) > 5
    assert all(chunk.text.endswith("here.") for chunk in chunks)


def test_text_that_no_block_covers_is_kept() -> None:
    page = Page(1, "before\n\nheading\n\nafter", blocks=(Block("heading", 8, 15, 1),))
    text = "".join(chunk.text for chunk in chunk_document(document(page), Words(), 50))
    assert "before" in text and "after" in text


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["heading", "paragraph", "table_row", "list_item"]),
            st.text(alphabet="abc。. \n!あ", min_size=1, max_size=120).filter(str.strip),
            st.integers(1, 3),
        ),
        max_size=12,
    ),
    st.integers(4, 40),
)
def test_chunks_reproduce_the_text_and_keep_to_their_size(parts: list[tuple[BlockKind, str, int]], target: int) -> None:
    page = page_of(*parts)
    chunks = list(chunk_document(document(page), Words(), target))
    assert "".join("".join(c.text.split()) for c in chunks) == "".join(page.text.split())
    assert all(c.text == page.text[c.char_start : c.char_end] for c in chunks)
    assert all(a.char_end <= b.char_start for a, b in pairwise(chunks))
    assert [c.ordinal for c in chunks] == list(range(len(chunks)))
    assert all(len(Words().token_spans(c.text)) <= target * 1.15 + 1 for c in chunks)
