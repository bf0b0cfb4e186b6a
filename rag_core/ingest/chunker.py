"""Cuts pages into chunks of about 200-300 tokens that follow headings, paragraphs and table rows.

Laws (held by property tests): a chunk is one contiguous range of one page, `chunk.text == page.text[start:end]`; chunks
are ordered and do not overlap; together they hold every character that is neither white space nor furniture; none is
longer than about 1.15 times the target. A heading never ends a chunk: it opens the next one.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rag_core.model_protocols import TokenCounter
from rag_core.text.sentences import sentence_spans
from rag_core.types import Block, Chunk, Page, ParsedDocument

CHUNKER_VERSION = 1

# A heading opens a new chunk only when the current one holds this share of the target: one-line sections stay together.
_WORTH_CLOSING = 0.4
# Room that the encoder needs for its special tokens and for the title and headings put before the chunk.
_HEADROOM = 1.15


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is never split further: a paragraph, a table row, a sentence of a long paragraph. `path` leads to it."""

    start: int
    end: int
    tokens: int
    heading_level: int = 0
    path: tuple[str, ...] = ()


def chunk_document(parsed: ParsedDocument, counter: TokenCounter, target_tokens: int) -> Iterator[Chunk]:
    """All chunks of a document in reading order, `ordinal` counting from 0, one after the other: a book takes seconds.
    `target_tokens` is what a chunk aims at.
    """
    headings: list[tuple[int, str]] = []
    ordinals = itertools.count()
    for page in parsed.pages:
        for units in _pack(_under_headings(_units(page, counter, target_tokens), page, headings), target_tokens):
            start, end = units[0].start, units[-1].end
            tokens = sum(unit.tokens for unit in units)
            path = _common_path(units)
            yield Chunk(next(ordinals), page.number, start, end, page.text[start:end], path, tokens)


def _under_headings(units: Iterator[_Unit], page: Page, headings: list[tuple[int, str]]) -> Iterator[_Unit]:
    """Tell each unit its path. `headings` is the stack of open headings and lives on from page to page."""
    for unit in units:
        if unit.heading_level:
            while headings and headings[-1][0] >= unit.heading_level:
                headings.pop()
            headings.append((unit.heading_level, " ".join(page.text[unit.start : unit.end].split())))
        yield replace(unit, path=tuple(text for _, text in headings))


def _pack(units: Iterator[_Unit], target: int) -> Iterator[list[_Unit]]:
    """Fill chunks greedily; a heading closes the chunk before it when that is worth closing."""
    current: list[_Unit] = []
    for unit in units:
        tokens = sum(u.tokens for u in current)
        opens_section = unit.heading_level > 0 and tokens >= target * _WORTH_CLOSING
        if current and (opens_section or tokens + unit.tokens > target):
            ready, current = _without_trailing_headings(current)
            yield ready
            if sum(u.tokens for u in current) + unit.tokens > target and current:
                yield current  # headings so long that nothing fits below them
                current = []
        current.append(unit)
    if current:
        yield current


def _common_path(units: list[_Unit]) -> tuple[str, ...]:
    """The headings that hold for all of a chunk's text: a chunk of two short sections is about what is above both."""
    paths = [unit.path for unit in units if not unit.heading_level] or [unit.path for unit in units]
    shared = []
    for level in zip(*paths, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return tuple(shared)


def _without_trailing_headings(units: list[_Unit]) -> tuple[list[_Unit], list[_Unit]]:
    cut = len(units)
    while cut > 1 and units[cut - 1].heading_level:
        cut -= 1
    if units[cut - 1].heading_level:  # nothing but headings: they are the chunk
        return units, []
    return units[:cut], units[cut:]


def _units(page: Page, counter: TokenCounter, target: int) -> Iterator[_Unit]:
    """The page as unbreakable pieces that cover all its text, in order."""
    spans = counter.token_spans(page.text)
    starts = [start for start, _ in spans]

    def count(start: int, end: int) -> int:
        return bisect_left(starts, end) - bisect_left(starts, start)

    limit = int(target * _HEADROOM)
    for block in _blocks_covering(page):
        tokens = count(block.start, block.end)
        if tokens <= limit:
            yield _Unit(block.start, block.end, tokens, block.level if block.kind == "heading" else 0)
            continue
        for start, end in sentence_spans(page.text[block.start : block.end]):
            start, end = start + block.start, end + block.start
            if count(start, end) <= limit:
                yield _Unit(start, end, count(start, end))
            else:
                yield from _cut_by_tokens(start, end, spans, starts, target)


def _cut_by_tokens(
    start: int, end: int, spans: list[tuple[int, int]], starts: list[int], target: int
) -> Iterator[_Unit]:
    """A sentence without end (a list, a wall of figures): cut every `target` tokens, at token borders."""
    first, last = bisect_left(starts, start), bisect_left(starts, end)
    position = start
    for index in range(first, last, target):
        stop = min(index + target, last)
        until = end if stop == last else spans[stop][0]
        if until > position:
            yield _Unit(position, until, stop - index)
            position = until


def _blocks_covering(page: Page) -> Iterator[Block]:
    """The page's blocks, with a paragraph for any text that no block covers: nothing of a page is lost."""
    position = 0
    for block in page.blocks:
        yield from _paragraphs(page.text, position, block.start)
        if block.kind != "furniture":
            yield block
        position = block.end
    yield from _paragraphs(page.text, position, len(page.text))


def _paragraphs(text: str, start: int, end: int) -> Iterator[Block]:
    position = start
    for piece in text[start:end].split("\n\n"):
        stripped = piece.strip()
        if stripped:
            begin = position + piece.index(stripped[0])
            yield Block("paragraph", begin, begin + len(stripped))
        position += len(piece) + 2
