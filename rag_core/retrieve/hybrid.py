"""Hybrid retrieval: dense and lexical candidates, fused by rank, without repetitions, as passages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag_core.paths import is_inside
from rag_core.retrieve.duplicates import Seen
from rag_core.retrieve.fusion import DENSE_WEIGHT, LEXICAL_WEIGHT, RRF_K, SCORE_WEIGHT, Candidate, fuse, reorder
from rag_core.retrieve.neighbours import Span, join
from rag_core.retrieve.protocol import SearchableIndex
from rag_core.retrieve.read_order import ReaderWeights, order_read
from rag_core.types import Filters, FloatArray, Passage, Reading, StoredChunk

# Reads chunks, likeliest first: one reading for each, None for one that was left unread. Spans count in `chunk.text`.
ReadClosely = Callable[[Sequence[StoredChunk]], Sequence[Reading | None]]
READ_K = 20


@dataclass(frozen=True, slots=True)
class HybridRetriever:
    """Finds the passages for a question.

    The weights and `rrf_k` are the fusion's (see there), `reader_weights` those of the final order (None: the stored
    ones). `max_passage_tokens` bounds joining.
    """

    index: SearchableIndex
    rrf_k: int = RRF_K
    score_weight: float = SCORE_WEIGHT
    dense_weight: float = DENSE_WEIGHT
    lexical_weight: float = LEXICAL_WEIGHT
    max_passage_tokens: int = 450
    reader_weights: ReaderWeights | None = None

    def candidates(
        self, question: str, query_vector: FloatArray | None, *, candidate_k: int = 50, filters: Filters | None = None
    ) -> list[Candidate]:
        """The fused list, best first, at most 2 * `candidate_k`.

        `query_vector` is the question's unit vector, shape (dim,); None searches by keywords alone. Chunks that have
        no vector yet are found by keywords all the same.
        """
        scope = self.index.scope(filters) if filters else None
        lexical = self.index.search_lexical(question, candidate_k, scope)
        dense = [] if query_vector is None else self.index.search_dense(query_vector, candidate_k, scope)
        return fuse(
            dense,
            lexical,
            rrf_k=self.rrf_k,
            score_weight=self.score_weight,
            dense_weight=self.dense_weight,
            lexical_weight=self.lexical_weight,
            without_vector=self.index.without_vector([chunk_id for chunk_id, _ in lexical]) if dense else (),
        )

    def shortlist(
        self,
        question: str,
        query_vector: FloatArray | None,
        limit: int = 20,
        *,
        candidate_k: int = 50,
        filters: Filters | None = None,
    ) -> list[Candidate]:
        """The best `limit` candidates, looked at a second time (see `fusion.reorder`) where there is a query vector."""
        best = self.candidates(question, query_vector, candidate_k=candidate_k, filters=filters)[:limit]
        return best if query_vector is None else self._reordered(question, best)

    def search(
        self,
        question: str,
        query_vector: FloatArray | None,
        *,
        top_k: int = 5,
        candidate_k: int = 50,
        filters: Filters | None = None,
        reading: ReadClosely | None = None,
        read_k: int = READ_K,
    ) -> list[Passage]:
        """The best `top_k` passages, ranked from 1. See `candidates` for the arguments.

        `reading` is given the best `read_k` chunks, without repetitions, and has the last word on the order (see
        `read_order`); it is not called where nothing was found. What it raises is raised.
        """
        # Joining and repetitions use some up; what lies far down would not be shown anyway.
        limit = 4 * top_k if reading is None else max(4 * top_k, read_k)
        shortlist = self.shortlist(question, query_vector, limit, candidate_k=candidate_k, filters=filters)
        chunks = {chunk.chunk_id: chunk for chunk in self.index.chunks([c.chunk_id for c in shortlist])}
        found = _without_repetitions((c, chunks[c.chunk_id]) for c in shortlist if c.chunk_id in chunks)
        readings: dict[int, Reading] = {}
        if reading is not None:
            distinct = list(found)
            readings = _read(reading, [chunk for _, chunk in distinct[:read_k]])
            near = [candidate for candidate, _ in distinct]
            if readings and query_vector is None:
                near = self._reordered(question, near)  # the reader's weights belong to this score
            found = ((c, chunks[c.chunk_id]) for c in order_read(near, readings, self.reader_weights))
        spans = join(found, self.index, limit=top_k, max_tokens=self.max_passage_tokens)
        return [self._passage(rank, span, filters, readings) for rank, span in enumerate(spans, start=1)]

    def _reordered(self, question: str, candidates: list[Candidate]) -> list[Candidate]:
        ids = [candidate.chunk_id for candidate in candidates]
        return reorder(candidates, self.index.term_coverage(question, ids), self.index.without_vector(ids))

    def _passage(self, rank: int, span: Span, filters: Filters | None, readings: Mapping[int, Reading]) -> Passage:
        first, last = span.chunks[0], span.chunks[-1]
        text = first.text
        if last is not first:
            text = self.index.page_text(first.document_id, first.page)[first.char_start : last.char_end]
        read = [(chunk, readings[chunk.chunk_id]) for chunk in span.chunks if chunk.chunk_id in readings]
        answer = _likeliest_answer(read)
        return Passage(
            rank=rank,
            chunk_ids=tuple(chunk.chunk_id for chunk in span.chunks),
            document_id=first.document_id,
            path=_shown_path(first, filters),
            title=first.title,
            page=first.page,
            page_label=first.page_label,
            char_start=first.char_start,
            char_end=last.char_end,
            text=text,
            headings=first.headings,
            dense_score=span.best.dense_score,
            lexical_score=span.best.lexical_score,
            fused_score=span.best.fused_score,
            rerank_score=max((said.relevance for _, said in read), default=None),
            answer_start=answer and answer[0],
            answer_end=answer and answer[1],
            answer_probability=answer and answer[2],
            media_type=first.media_type,
            place=first.place,
            language=first.language,
        )


def _read(reading: ReadClosely, chunks: Sequence[StoredChunk]) -> dict[int, Reading]:
    """By chunk id, without those that were left unread."""
    if not chunks:
        return {}
    said = zip(chunks, reading(chunks), strict=True)
    return {chunk.chunk_id: about for chunk, about in said if about is not None}


def _likeliest_answer(read: Iterable[tuple[StoredChunk, Reading]]) -> tuple[int, int, float] | None:
    """(start, end) in the text of the page and the probability: of several chunks' answers the most probable."""
    answers = [
        (chunk.char_start + said.span[0], chunk.char_start + said.span[1], said.span_probability)
        for chunk, said in read
        if said.span is not None
    ]
    return max(answers, key=lambda answer: answer[2], default=None)


def _without_repetitions(found: Iterable[tuple[Candidate, StoredChunk]]) -> Iterator[tuple[Candidate, StoredChunk]]:
    """Lazy, because comparing texts costs time and the first few are all that is shown."""
    seen = Seen()
    return ((candidate, chunk) for candidate, chunk in found if seen.add(chunk.text))


def _shown_path(chunk: StoredChunk, filters: Filters | None) -> str:
    """The first of the document's paths; with a folder filter, the first inside that folder."""
    inside = [path for path in chunk.paths if not (filters and filters.folder) or is_inside(path, filters.folder)]
    return (inside or list(chunk.paths) or [""])[0]
