"""Fusion of the dense and the lexical list: reciprocal ranks, and the scores where ranks alone say too little.

Reciprocal rank fusion (Cormack, Clarke, Büttcher, SIGIR 2009) compares lists whose scores cannot be compared, but it
forgets how sure a list is: a best hit far ahead of the second counts as one that is hardly ahead. So each list also
gives its scores as shares of its best score, mixed convexly (Bruch, Gai, Ingber, ACM TOIS 2023).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

RRF_K = 60
# Chosen on halves of the question sets named in tests/benchmarks/fusion.py.
SCORE_WEIGHT = 0.15
DENSE_SHARE = 0.45


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
    score_weight: float = SCORE_WEIGHT,
    dense_share: float = DENSE_SHARE,
    without_vector: Collection[int] = (),
) -> list[Candidate]:
    """Both lists are (chunk id, score), best first; the result is best first, ties by chunk id.

    The fused score is the sum over both lists of 1 / (rrf_k + rank), plus `score_weight` times the mixed shares
    (`score_weight=0` is plain reciprocal rank fusion). A chunk that a list does not hold counts there as its last one's
    score, without a rank. Chunks `without_vector` could not be found by the dense retriever: their lexical rank and
    share stand for both, so that new documents do not hide behind older ones while their vectors are made.
    """
    dense_shares, lexical_shares = _shares(dense), _shares(lexical)
    dense_floor, lexical_floor = (min(shares.values(), default=0.0) for shares in (dense_shares, lexical_shares))
    dense_ranks, lexical_ranks = _reciprocal(dense, rrf_k), _reciprocal(lexical, rrf_k)
    dense_scores, lexical_scores = dict(dense), dict(lexical)
    candidates = []
    for chunk_id in dict.fromkeys([*dense_scores, *lexical_scores]):
        lexical_part = lexical_shares.get(chunk_id, lexical_floor)
        rank_part = lexical_ranks.get(chunk_id, 0.0)
        if chunk_id in without_vector:
            fused, dense_part = 2 * rank_part, lexical_part
        else:
            fused, dense_part = rank_part + dense_ranks.get(chunk_id, 0.0), dense_shares.get(chunk_id, dense_floor)
        fused += score_weight * (dense_share * dense_part + (1 - dense_share) * lexical_part)
        candidates.append(Candidate(chunk_id, fused, dense_scores.get(chunk_id), lexical_scores.get(chunk_id)))
    return sorted(candidates, key=lambda candidate: (-candidate.fused_score, candidate.chunk_id))


def _reciprocal(results: Sequence[tuple[int, float]], rrf_k: int) -> dict[int, float]:
    return {chunk_id: 1 / (rrf_k + rank) for rank, (chunk_id, _) in enumerate(results, start=1)}


def _shares(results: Sequence[tuple[int, float]]) -> dict[int, float]:
    """Scores as shares of the best one, 0..1; nothing when even the best says nothing."""
    best = results[0][1] if results else 0.0
    return {chunk_id: max(0.0, score / best) for chunk_id, score in results} if best > 0 else {}
