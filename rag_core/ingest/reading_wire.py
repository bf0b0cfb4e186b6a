"""What a reading child says to its parent, as JSON: plain data, so that a child that was taken over can only lie.

It is also fast: 200,000 rows of a table cross in a third of the time that pickled objects take.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_core.errors import UserError
from rag_core.messages import from_data, to_data
from rag_core.process.error_wire import dumped, error_of, loaded
from rag_core.process.trouble import Trouble
from rag_core.types import Block, LineBox, Page, ParsedDocument


@dataclass(frozen=True, slots=True)
class ReadResult:
    """One file as it was read. `document_id` is the SHA-256 (hex) of exactly the bytes that were parsed."""

    path: Path
    document_id: str
    size_bytes: int
    modified_ns: int
    parsed: ParsedDocument


def packed(read: ReadResult) -> bytes:
    """The path is not sent: the parent knows what it asked for."""
    return dumped(["read", read.document_id, read.size_bytes, read.modified_ns, *_document(read.parsed)])


def unpacked(payload: bytes, path: Path) -> ReadResult | UserError | Trouble:
    """The reply about `path`. Raises ValueError, TypeError or LookupError for what no child of ours sends."""
    message = loaded(payload)
    if message[0] != "read":
        return error_of(message)
    _, document_id, size_bytes, modified_ns, *document = message
    return ReadResult(path, document_id, size_bytes, modified_ns, _parsed(*document))


def _document(parsed: ParsedDocument) -> list[Any]:
    pages = [_page(page) for page in parsed.pages]
    return [parsed.media_type, parsed.title, parsed.place, list(map(to_data, parsed.warnings)), pages]


def _page(page: Page) -> list[Any]:
    blocks = [(block.kind, block.start, block.end, block.level) for block in page.blocks]
    lines = [(line.start, line.end, line.x0, line.y0, line.x1, line.y1) for line in page.lines]
    return [page.number, page.text, page.label, blocks, lines, page.width, page.height, page.needs_ocr]


def _parsed(
    media_type: str, title: str, place: str, warnings: Sequence[Any], pages: Sequence[Sequence[Any]]
) -> ParsedDocument:
    said = tuple(map(from_data, warnings))
    return ParsedDocument(media_type, tuple(_read_page(*page) for page in pages), title, said, place)


def _read_page(
    number: int, text: str, label: str, blocks: Sequence[Sequence[Any]], lines: Sequence[Sequence[Any]], *rest: Any
) -> Page:
    boxes = tuple(LineBox(*line) for line in lines)
    return Page(number, text, label, tuple(Block(*block) for block in blocks), boxes, *rest)
