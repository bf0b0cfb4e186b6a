"""Markdown (CommonMark with tables): the readable text, without the marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rag_core.ingest.formats.flow import FlowBuilder, clean, one_line
from rag_core.ingest.formats.long_text import read_text
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.source import Source
from rag_core.types import BlockKind, ParsedDocument

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:[ \t]*[\"']?(.+?)[\"']?[ \t]*$", re.MULTILINE)
_MAX_NESTING = 100  # what is nested deeper is dropped by the parser; its own default is 20
_MARKS = re.compile(r"[*_`\[<~\\&]")
_BREAKS = frozenset(("softbreak", "hardbreak"))
_SHOWN = _BREAKS | {"text", "code_inline", "image"}
_TAG = re.compile(r"<!--.*?-->|</?[A-Za-z][^>]*>", re.DOTALL)


def score(source: Source, named: bool) -> float:
    return 0.7 if source.looks_like_text and named else 0.0


def parse(source: Source, limits: ParseLimits) -> ParsedDocument:
    text = clean(read_text(source, limits))
    title = ""
    if front := _FRONT_MATTER.match(text):
        named = _FRONT_TITLE.search(front[1])
        title = one_line(named[1]) if named else ""
        text = text[front.end() :]
    flow = FlowBuilder(source.path, limits)
    for kind, piece, level in _blocks(_Reading(text)):
        flow.add(kind, piece, level)
        if kind == "heading" and not title:
            title = one_line(piece)
    return flow.document(title)


class _Reading:
    """Tokens of the blocks; the marks inside of them are only looked at where there may be some."""

    def __init__(self, text: str) -> None:
        from markdown_it import MarkdownIt

        self._parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable(["table", "strikethrough"])
        self._parser.disable("inline")
        self._references: dict[str, Any] = {}
        self.tokens: list[Token] = self._parser.parse(text, self._references)

    def readable(self, token: Token) -> str:
        """The text of an inline token without its marks."""
        if not _MARKS.search(token.content):
            return "\n".join(line.strip() for line in token.content.split("\n"))
        children: list[Token] = []
        self._parser.inline.parse(token.content, self._parser, self._references, children)
        return "".join("\n" if child.type in _BREAKS else child.content for child in children if child.type in _SHOWN)


def _blocks(reading: _Reading) -> Iterator[tuple[BlockKind, str, int]]:
    """(kind, text, heading level) in order. Tokens come flat: what opens, the inline text, what closes."""
    lists: list[int | None] = []  # the next number of each open list, None for bullets
    mark = ""
    cells: list[str] = []
    heading_level = 0
    in_row = False
    for token in reading.tokens:
        match token.type:
            case "heading_open":
                heading_level = int(token.tag[1:])
            case "heading_close":
                heading_level = 0
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                number = lists[-1]
                mark = "- " if number is None else f"{number}. "
                lists[-1] = None if number is None else number + 1
            case "tr_open":
                in_row, cells = True, []
            case "tr_close":
                in_row = False
                yield "table_row", " | ".join(cells), 0
            case "inline" if in_row:
                cells.append(one_line(reading.readable(token)))
            case "inline":
                kind: BlockKind = "heading" if heading_level else "list_item" if lists else "paragraph"
                yield kind, mark + reading.readable(token), heading_level
                mark = ""
            case "fence" | "code_block":
                yield "code", token.content, 0
            case "html_block":
                yield "paragraph", _TAG.sub("", token.content), 0
