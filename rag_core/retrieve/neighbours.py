"""Chunks become passages: neighbours on the same page are joined where that completes what is said.

Two neighbouring chunks that would both be shown are one passage, not two. A chunk that stops in the middle of a
sentence is continued by the next one, and one that starts in the middle is led in by the one before. Nothing is joined
across pages, and a passage does not grow beyond `max_tokens`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rag_core.retrieve.fusion import Candidate
from rag_core.retrieve.protocol import SearchableIndex
from rag_core.types import StoredChunk

_SENTENCE_ENDS = frozenset(".!?。！？…|")
_CLOSERS = frozenset("\"'”’»）)]】」』*_")


@dataclass(slots=True)
class Span:
    """A passage in the making: chunks in reading order, and the candidate that ranks it."""

    best: Candidate
    chunks: list[StoredChunk]

    @property
    def tokens(self) -> int:
        return sum(chunk.token_count for chunk in self.chunks)


def join(
    found: Iterable[tuple[Candidate, StoredChunk]], index: SearchableIndex, *, limit: int, max_tokens: int
) -> list[Span]:
    """The first `limit` spans, in the order of their best candidate."""
    spans = _merge_hits(found, limit, max_tokens)
    taken = {chunk.chunk_id for span in spans for chunk in span.chunks}
    for span in spans:
        _complete(span, index, taken, max_tokens)
    return spans


def _merge_hits(found: Iterable[tuple[Candidate, StoredChunk]], limit: int, max_tokens: int) -> list[Span]:
    """Stops at the last span that is shown: in a small library everything is found, and all would become one."""
    spans: list[Span] = []
    by_place: dict[tuple[str, int, int], Span] = {}
    for candidate, chunk in found:
        if len(spans) == limit:
            break
        span = next((s for s in _adjacent(by_place, chunk) if s.tokens + chunk.token_count <= max_tokens), None)
        if span is None:
            span = Span(candidate, [chunk])
            spans.append(span)
        else:
            span.chunks.append(chunk)
            span.chunks.sort(key=lambda c: c.ordinal)
        by_place[(chunk.document_id, chunk.page, chunk.ordinal)] = span
    return spans


def _adjacent(by_place: dict[tuple[str, int, int], Span], chunk: StoredChunk) -> list[Span]:
    places = ((chunk.document_id, chunk.page, chunk.ordinal + step) for step in (-1, 1))
    return [by_place[place] for place in places if place in by_place]


def _complete(span: Span, index: SearchableIndex, taken: set[int], max_tokens: int) -> None:
    if not ends_sentence(span.chunks[-1].text):
        _extend(span, index.neighbours(span.chunks[-1].chunk_id)[1], taken, max_tokens, at_end=True)
    before = index.neighbours(span.chunks[0].chunk_id)[0]
    if before is not None and not ends_sentence(before.text):
        _extend(span, before, taken, max_tokens, at_end=False)


def _extend(span: Span, chunk: StoredChunk | None, taken: set[int], max_tokens: int, *, at_end: bool) -> None:
    if chunk is None or chunk.chunk_id in taken or span.tokens + chunk.token_count > max_tokens:
        return
    taken.add(chunk.chunk_id)
    span.chunks.insert(len(span.chunks) if at_end else 0, chunk)


def ends_sentence(text: str) -> bool:
    """Whether the text stops where a sentence, a line of a table or a heading does."""
    stripped = text.rstrip()
    if not stripped or text.endswith("\n"):
        return True
    while len(stripped) > 1 and stripped[-1] in _CLOSERS:
        stripped = stripped[:-1]
    return stripped[-1] in _SENTENCE_ENDS
