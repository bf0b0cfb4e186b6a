"""Markdown of answers, read for the screen: no HTML, no pictures, nothing that could be fetched.

Citation markers and remarks on sentences are known by their offsets in the answer's text. `marked` turns both into
private characters that pass through the Markdown parser unharmed, so that the writer meets them where they belong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from rag_core.conversations.table_rows import into_last_cell

MARKER_START, MARKER_END = "\ue000", "\ue001"
REMARK_START, REMARK_END = "\ue002", "\ue003"
REMARK_NUMBER_END = "\ue004"  # after the start stands which remark it is
_PRIVATE = re.compile("[\ue000-\ue004]")
_NUMBER = re.compile(r"\[(\d{1,3})\]")
# What opens a block at the start of a line: a private character in front of it would turn it into plain text.
_BLOCK_OPENING = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)]|>|#{1,6}|\|)[ \t]+)*\|?[ \t]*")
_FENCE = re.compile(r"[ \t]*(?:```|~~~)")
_LONG_LIST_ITEMS = 6
_LONG_PARAGRAPH = 1_500
_INLINE_SYNTAX = re.compile(r"[*_`~\[\]<\ue002-\ue004]")
_SENTENCE_END = re.compile(r"[.!?] |[。！？]")


@dataclass(frozen=True, slots=True)
class Marker:
    """A citation marker at `text[start:end]`: what its chip says and which place it leads to."""

    start: int
    end: int
    label: str
    target: int


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be said of the sentence `text[start:end]`; `is_doubt`: a person should see it without asking."""

    start: int
    end: int
    words: str = ""
    is_doubt: bool = True


def markers_in(text: str, of_passage: Mapping[int, int]) -> list[Marker]:
    """Markers of a text that is still being written: `[n]` where a passage n exists."""
    return [
        Marker(found.start(), found.end(), found.group(1), of_passage[int(found.group(1))])
        for found in _NUMBER.finditer(text)
        if int(found.group(1)) in of_passage
    ]


def marked(text: str, markers: Iterable[Marker] = (), remarks: Iterable[Remark] = ()) -> str:
    """`text` with private characters in place of markers and around sentences on which there are remarks."""
    text = _PRIVATE.sub("\ufffd", text)
    edits: list[tuple[int, int, str]] = []
    for marker in markers:
        start = marker.start - 1 if text[marker.start - 1 : marker.start] == " " else marker.start
        glue = "\u00a0" if start < marker.start else ""
        edits.append((start, marker.end, f"{glue}{MARKER_START}{marker.target},{marker.label}{MARKER_END}"))
    for number, remark in enumerate(remarks):
        opening = f"{REMARK_START}{number}{REMARK_NUMBER_END}"
        for first, last in _lines_of(text, remark.start, remark.end):
            edits += [(first, first, opening), (last, last, REMARK_END)]
    return _inside_table_rows(_apply(text, edits))


def _apply(text: str, edits: list[tuple[int, int, str]]) -> str:
    parts: list[str] = []
    position = 0
    for start, end, new in sorted(edits, key=lambda edit: (edit[0], edit[1])):
        if start < position:
            continue  # overlapping ranges cannot come from the engine; never lose text over them
        parts += [text[position:start], new]
        position = end
    return "".join([*parts, text[position:]])


def _lines_of(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The range, line by line, without what opens a block and without code fences."""
    spans: list[tuple[int, int]] = []
    position = start
    for line in text[start:end].splitlines(keepends=True):
        first, last = position, position + len(line.rstrip())
        position += len(line)
        at_line_start = first == 0 or text[first - 1] == "\n"
        if at_line_start and _FENCE.match(text, first):
            continue
        opening = _BLOCK_OPENING.match(text, first) if at_line_start else None
        first = opening.end() if opening else first
        if first < last:
            spans.append((first, last))
    return spans


def _inside_table_rows(source: str) -> str:
    """A marker after a table row's last bar would be a cell too many: it belongs into the last cell."""
    return into_last_cell(source, rf"[ \t\u00a0]*{MARKER_START}.*|[ \t]*{REMARK_END}")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


@dataclass(frozen=True, slots=True)
class BlockTokens:
    """One top-level block and the lines of the source that it came from."""

    tokens: Sequence[Token]
    first_line: int
    last_line: int


def blocks(source: str) -> list[BlockTokens]:
    """The top-level blocks in order."""
    found: list[BlockTokens] = []
    start = 0
    tokens = _parser().parse(source)
    for number, token in enumerate(tokens):
        if token.level == 0 and token.nesting <= 0:
            first, last = tokens[start].map or [0, 0]
            found.append(BlockTokens(tokens[start : number + 1], first, last))
            start = number + 1
    return found


def closed_until(source: str, found: Sequence[BlockTokens]) -> int:
    """Up to which offset of a growing source nothing can change any more.

    All blocks but the last; of a long list, all but its last item; of a long paragraph, its whole sentences.
    """
    if not found:
        return 0
    last = found[-1]
    starts = _line_starts(source)
    begin = starts[last.first_line] if last.first_line < len(starts) else len(source)
    kind = last.tokens[0].type
    if kind in ("bullet_list_open", "ordered_list_open"):
        items = [
            token.map[0] for token in last.tokens if token.type == "list_item_open" and token.level == 1 and token.map
        ]
        if len(items) > _LONG_LIST_ITEMS:
            return starts[items[-1]]
    if kind == "paragraph_open" and len(source) - begin > _LONG_PARAGRAPH:
        return _whole_sentences(source, begin)
    return begin


def _whole_sentences(source: str, begin: int) -> int:
    """The end of the last sentence before the final few words, where no emphasis or code is open."""
    best = begin
    for end in _SENTENCE_END.finditer(source, begin, len(source) - 80):
        best = end.end()
    return begin if _INLINE_SYNTAX.search(source, begin, best) and not _balanced(source[begin:best]) else best


def _balanced(text: str) -> bool:
    return all(text.count(sign) % 2 == 0 for sign in "*_`~") and "\n" not in text


def _line_starts(source: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer("\n", source))]
