"""Documents for the tests of the source pane."""

from __future__ import annotations

from app.kit.source_target import SourceTarget
from rag_core.types import Block, LineBox, Page, PageImage, PageInfo

WORDS = "Notice is given in writing.\nThe period is three months.\nIt begins on the first."


def target(
    path: str = "/papers/contract.pdf", page: int = 1, start: int = 0, end: int = 0, **others: object
) -> SourceTarget:
    values: dict[str, object] = {"quote_start": 0, "quote_end": 0, "label": "[1]", "document_id": path, **others}
    return SourceTarget(
        library="default",
        path=path,
        title="",
        page=page,
        char_start=start,
        char_end=end,
        **values,  # type: ignore[arg-type]
    )


def infos(count: int, width: float = 600, height: float = 800) -> tuple[PageInfo, ...]:
    return tuple(PageInfo(number, "", width, height, False, "page") for number in range(1, count + 1))


def drawn_page(number: int = 1, text: str = WORDS) -> Page:
    """A page of a PDF: every line 20 points high, 400 wide, from (100, 100) down."""
    lines, start = [], 0
    for index, words in enumerate(text.split("\n")):
        lines.append(LineBox(start, start + len(words), 100, 100 + 30 * index, 500, 120 + 30 * index))
        start += len(words) + 1
    return Page(number, text, "", (Block("paragraph", 0, len(text)),), tuple(lines), 600, 800)


def picture(number: int, width: int = 60, height: int = 80) -> PageImage:
    """A white page."""
    return PageImage(number, width, height, width * 4, b"\xff" * (width * height * 4))


def span(page: Page, words: str) -> tuple[int, int]:
    start = page.text.index(words)
    return start, start + len(words)
