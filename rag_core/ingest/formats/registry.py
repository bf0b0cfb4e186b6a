"""Which parser reads which file, and what is said about files that none reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rag_core.errors import UnsupportedDocument
from rag_core.ingest.formats import failures
from rag_core.ingest.formats.delimited import Delimited
from rag_core.ingest.formats.markdown import Markdown
from rag_core.ingest.formats.pdf import Pdf
from rag_core.ingest.formats.plain_text import PlainText
from rag_core.ingest.formats.protocol import ParseLimits, Parser
from rag_core.ingest.formats.slides import Slides
from rag_core.ingest.formats.source import Source, open_source
from rag_core.ingest.formats.spreadsheet import Spreadsheet
from rag_core.ingest.formats.web_page import WebPage
from rag_core.ingest.formats.word import Word
from rag_core.types import ParsedDocument

PARSERS: tuple[Parser, ...] = (
    Pdf(),
    Word(),
    Spreadsheet(),
    Slides(),
    WebPage(),
    Markdown(),
    Delimited(),
    PlainText(),
)
SUPPORTED_SUFFIXES: frozenset[str] = frozenset(suffix for parser in PARSERS for suffix in parser.suffixes)

# Kinds that people do have and that are not read yet; said by name, so that nobody wonders.
NOT_YET: dict[str, str] = {
    ".eml": "e-mail message",
    ".msg": "e-mail message",
    ".mbox": "mailbox",
    ".rtf": "Rich Text document",
    ".odt": "OpenDocument text",
    ".odp": "OpenDocument presentation",
    ".epub": "e-book",
    ".doc": "old Word document",
    ".ppt": "old PowerPoint presentation",
    ".pages": "Pages document",
    ".numbers": "Numbers spreadsheet",
    ".key": "Keynote presentation",
    ".zip": "archive",
    ".7z": "archive",
    ".rar": "archive",
    ".png": "picture",
    ".jpg": "picture",
    ".jpeg": "picture",
    ".gif": "picture",
    ".tif": "picture",
    ".tiff": "picture",
    ".bmp": "picture",
    ".webp": "picture",
    ".heic": "picture",
}
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"II*\x00", "picture"),
    (b"MM\x00*", "picture"),
    (b"{\\rtf", "Rich Text document"),
    (b"PK\x03\x04", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"Rar!", "archive"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
)

_SURE = 0.65


def best_parser(source: Source, parsers: Sequence[Parser] = PARSERS) -> Parser:
    """The parser with the highest score. Raises DocumentUnreadable for encrypted Office files, UnsupportedDocument."""
    if "EncryptedPackage" in source.ole_names:
        raise failures.needs_password(source.path)
    not_yet = NOT_YET.get(source.suffix)
    scored = [(parser.score(source), parser) for parser in parsers]
    score, parser = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    if parser is None or score <= 0.0:
        raise _unsupported(source, not_yet)
    if source.suffix in parser.suffixes and not source.looks_like_text:
        return parser  # what it should be and may be, if only in part: the parser says what is wrong with it
    # A text form of something that is not read yet (an e-mail, a Rich Text file) is not read as plain text.
    if score < _SURE and (not_yet or _kind_by_bytes(source.head)):
        raise _unsupported(source, not_yet)
    return parser


def media_types_for(suffix: str) -> tuple[str, ...]:
    """All media types of the parser that reads this ending (".xlsx": every kind of workbook); empty when none does."""
    return next((parser.media_types for parser in PARSERS if suffix in parser.suffixes), ())


def parse_file(path: Path, limits: ParseLimits | None = None) -> ParsedDocument:
    """Read one file in this process. Raises UserError subclasses. (`rag_core.ingest.reading` does it in a child.)"""
    limits = limits or ParseLimits()
    with open_source(path, limits.max_file_bytes) as source:
        return best_parser(source).parse(source, limits)


def _kind_by_bytes(head: bytes) -> str:
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")


def _unsupported(source: Source, not_yet: str | None) -> UnsupportedDocument:
    kind = _kind_by_bytes(source.head)
    name = source.path.name
    if not_yet and (not kind or kind == not_yet or kind == "archive"):
        message = f"“{name}” is of a kind that cannot be read yet ({not_yet}, {source.suffix})."
    elif kind:
        message = f"“{name}” is in truth of a kind that cannot be read ({kind})."
    elif source.suffix in SUPPORTED_SUFFIXES:
        message = (
            f"“{name}” does not hold what its ending {source.suffix} promises, and is of no kind that can be read."
        )
    else:
        message = f"“{name}” is of a kind that cannot be read."
    return UnsupportedDocument(message, "Save it as PDF, Word, Excel, HTML or text, and add that.")
