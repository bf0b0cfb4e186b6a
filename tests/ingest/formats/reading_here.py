"""Bytes in, document out: what the tests of the formats share."""

from __future__ import annotations

from pathlib import Path

from rag_core.types import Page, ParsedDocument
from tests.ingest.reading_here import parse_file


def parse(folder: Path, name: str, data: bytes | str) -> ParsedDocument:
    """Write `data` as `name` and read it."""
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return parse_file(path)


def blocks(page: Page) -> list[tuple[str, str]]:
    """(kind, text) of each block."""
    return [(block.kind, page.text[block.start : block.end]) for block in page.blocks]


def texts(document: ParsedDocument) -> list[str]:
    """The text of every block of every page."""
    return [text for page in document.pages for _, text in blocks(page)]
