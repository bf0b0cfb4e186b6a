"""Reciprocal rank fusion (Cormack, Clarke, Büttcher, SIGIR 2009): ranks are comparable where scores are not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

RRF_K = 60


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk with what each retriever said of it; None where it did not find it."""

    chunk_id: int
    fused_score: float
    dense_score: float | None = None
    lexical_score: float | None = None


def fuse(
    dense: Sequence[tuple[int, float]],
    lexical: Sequence[tuple[int, float]],
    *,
    rrf_k: int = RRF_K,
    dense_weight: float = 1.0,
    lexical_weight: float = 1.0,
    without_vector: Collection[int] = (),
) -> list[Candidate]:
    """Both lists are (chunk id, score), best first. Sums weight / (rrf_k + rank); ties: better dense score first.

    Chunks `without_vector` could not be found by the dense retriever; their lexical rank stands for both, so that new
    documents do not hide behind older ones while their vectors are made.
    """
    dense_scores, lexical_scores = dict(dense), dict(lexical)
    fused: dict[int, float] = {}
    for results, weight in ((dense, dense_weight), (lexical, lexical_weight)):
        for rank, (chunk_id, _) in enumerate(results, start=1):
            fused[chunk_id] = fused.get(chunk_id, 0.0) + weight / (rrf_k + rank)
    for rank, (chunk_id, _) in enumerate(lexical, start=1):
        if chunk_id in without_vector:
            fused[chunk_id] += dense_weight / (rrf_k + rank)
    candidates = [
        Candidate(chunk_id, fused_score, dense_scores.get(chunk_id), lexical_scores.get(chunk_id))
        for chunk_id, fused_score in fused.items()
    ]
    return sorted(candidates, key=lambda c: (-c.fused_score, -(c.dense_score or 0.0), c.chunk_id))
