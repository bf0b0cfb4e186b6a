"""Hybrid retrieval: dense and lexical candidates, fused by rank, without repetitions, as passages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rag_core.paths import is_inside
from rag_core.retrieve.duplicates import Seen
from rag_core.retrieve.fusion import DENSE_WEIGHT, LEXICAL_WEIGHT, RRF_K, SCORE_WEIGHT, Candidate, fuse, reorder
from rag_core.retrieve.neighbours import Span, join
from rag_core.retrieve.protocol import FoundChunk, SearchableIndex
from rag_core.types import Filters, FloatArray, Passage


@dataclass(frozen=True, slots=True)
class HybridRetriever:
    """Finds the passages for a question.

    The weights and `rrf_k` are the fusion's (see there). `max_passage_tokens` bounds joining.
    """

    index: SearchableIndex
    rrf_k: int = RRF_K
    score_weight: float = SCORE_WEIGHT
    dense_weight: float = DENSE_WEIGHT
    lexical_weight: float = LEXICAL_WEIGHT
    max_passage_tokens: int = 450

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
        if query_vector is None:
            return best
        ids = [candidate.chunk_id for candidate in best]
        return reorder(best, self.index.term_coverage(question, ids), self.index.without_vector(ids))

    def search(
        self,
        question: str,
        query_vector: FloatArray | None,
        *,
        top_k: int = 5,
        candidate_k: int = 50,
        filters: Filters | None = None,
    ) -> list[Passage]:
        """The best `top_k` passages, ranked from 1. See `candidates` for the arguments."""
        # Joining and repetitions use some up; what lies far down would not be shown anyway.
        shortlist = self.shortlist(question, query_vector, 4 * top_k, candidate_k=candidate_k, filters=filters)
        chunks = {chunk.chunk_id: chunk for chunk in self.index.chunks([c.chunk_id for c in shortlist])}
        found = [(c, chunks[c.chunk_id]) for c in shortlist if c.chunk_id in chunks]
        spans = join(_without_repetitions(found), self.index, limit=top_k, max_tokens=self.max_passage_tokens)
        return [self._passage(rank, span, filters) for rank, span in enumerate(spans, start=1)]

    def _passage(self, rank: int, span: Span, filters: Filters | None) -> Passage:
        first, last = span.chunks[0], span.chunks[-1]
        text = first.text
        if last is not first:
            text = self.index.page_text(first.document_id, first.page)[first.char_start : last.char_end]
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
        )


def _without_repetitions(found: Iterable[tuple[Candidate, FoundChunk]]) -> Iterator[tuple[Candidate, FoundChunk]]:
    """Lazy, because comparing texts costs time and the first few are all that is shown."""
    seen = Seen()
    return ((candidate, chunk) for candidate, chunk in found if seen.add(chunk.text))


def _shown_path(chunk: FoundChunk, filters: Filters | None) -> str:
    """The first of the document's paths; with a folder filter, the first inside that folder."""
    inside = [path for path in chunk.paths if not (filters and filters.folder) or is_inside(path, filters.folder)]
    return (inside or list(chunk.paths) or [""])[0]
