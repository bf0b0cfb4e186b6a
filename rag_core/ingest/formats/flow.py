"""Text that flows: blocks are added one after the other, pages come out, none of them huge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from rag_core.ingest.formats.failures import too_much_text
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.messages import NOTHING, Message
from rag_core.types import Block, BlockKind, Page, ParsedDocument

_NEWLINES = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls, zero-width marks, soft hyphens and byte order marks: nobody sees them, and they break search.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_ODD_SPACES = re.compile("[\u00a0\u2007\u202f]")
_ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\xa0\u00ad\u2007\u200b\u2028\u2029\u202f\u2060\ud800-\udfff\ufeff\ufffe\uffff]"
)  # any of the above, to leave ordinary text as it is at once
_TRAILING = re.compile(r"[ \t]+(?=\n)")
_CLOSE: frozenset[BlockKind] = frozenset({"list_item", "table_row"})


def clean(text: str) -> str:
    """`text` with "\\n" as the only line end and without characters that nobody sees."""
    if (text.isascii() and text.isprintable()) or not _ODD.search(text):
        return text
    text = _UNSEEN.sub("", _NEWLINES.sub("\n", text))
    return _ODD_SPACES.sub(" ", _SURROGATES.sub("\ufffd", text))


def one_line(text: str) -> str:
    """`text` with every run of white space as one space."""
    return " ".join(clean(text).split())


class FlowBuilder:
    """Collects blocks into pages. `break_page` starts a new page; a page beyond `part_chars` goes on in a new part."""

    def __init__(self, path: Path, limits: ParseLimits) -> None:
        self._path = path
        self._limits = limits
        self._pages: list[Page] = []
        self._pieces: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0
        self._total = 0
        self._label = ""

    def add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        """Append one block; empty text is left out. Raises DocumentUnreadable beyond `max_text_chars`."""
        text = clean(text)
        text = (_TRAILING.sub("", text) if "\n" in text else text).strip("\n").rstrip()
        if kind != "code":
            text = text.lstrip()
        if not text:
            return
        self._total += len(text)
        if self._total > self._limits.max_text_chars:
            raise too_much_text(self._path, self._limits.max_text_chars)
        if len(text) <= self._limits.part_chars:
            self._append(kind, text, level)
            return
        for piece in split_long(text, self._limits.part_chars):
            self._append(kind, piece, level)

    def break_page(self, label: str = "", keep_empty: bool = False) -> None:
        """End the page that is being filled (an empty one only counts if `keep_empty`) and label the next."""
        if self._pieces or keep_empty:
            self._end_page()
        self._label = label

    def finish(self, keep_empty: bool = False) -> tuple[Page, ...]:
        """All pages, at least one; an empty last page only if `keep_empty`."""
        if self._pieces or not self._pages or keep_empty:
            self._end_page()
        return tuple(self._pages)

    def document(
        self, title: str = "", if_empty: Message = NOTHING, media_type: str = "", keep_empty: bool = False
    ) -> ParsedDocument:
        """All pages as a document; `if_empty` is its warning where none of them holds text."""
        pages = self.finish(keep_empty)
        is_empty = not any(page.text for page in pages)
        return ParsedDocument(media_type, pages, title, (if_empty,) if if_empty and is_empty else ())

    def _append(self, kind: BlockKind, text: str, level: int) -> None:
        if self._length + len(text) > self._limits.part_chars and self._pieces:
            self._end_page()
        if self._pieces:
            together = kind in _CLOSE and self._blocks[-1].kind == kind
            separator = "\n" if together else "\n\n"
            self._pieces.append(separator)
            self._length += len(separator)
        self._pieces.append(text)
        self._blocks.append(Block(kind, self._length, self._length + len(text), level))
        self._length += len(text)

    def _end_page(self) -> None:
        page = Page(len(self._pages) + 1, "".join(self._pieces), self._label, tuple(self._blocks))
        self._pages.append(page)
        self._pieces, self._blocks, self._length = [], [], 0


def split_long(text: str, most: int) -> Iterator[str]:
    """Cut a text longer than `most` at line ends, else sentence ends, else spaces, else anywhere."""
    start = 0
    while len(text) - start > most:
        cut = _best_cut(text, start, start + most)
        piece = text[start:cut].strip()
        if piece:
            yield piece
        start = cut
    rest = text[start:].strip("\n").rstrip() if start == 0 else text[start:].strip()
    if rest:
        yield rest


def _best_cut(text: str, start: int, end: int) -> int:
    earliest = start + (end - start) // 2
    for mark in ("\n", "。", ". ", " "):
        found = text.rfind(mark, earliest, end)
        if found != -1:
            return found + len(mark)
    return end
