"""The final order, where a reader has read the best candidates: its evidence is added to theirs.

A candidate has its nearness (cosine, BM25 share and coverage, see `fusion.reorder`) and what the reader says of it: the
probability that it answers, the log odds of that, and how sure the words are that answer. The sum of these, weighted,
orders the candidates. Probability and log odds say different things: where something answers, the one tells it from the
rest; where nothing does, all probabilities are near 0, and the nearness decides unless the log odds are far apart. So
the reader has the last word on answers, and little to say where a question asks for a topic. No weight is negative:
what the reader likes more never stands lower for it.

The weights are data, `fusion.json`, learnt by `models.training.reader.fusing` from questions that the reader was
not trained on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from rag_core.odds import log_odds
from rag_core.retrieve.fusion import Candidate
from rag_core.types import Reading

LIKED = 0.5


@dataclass(frozen=True, slots=True)
class ReaderWeights:
    """What each thing that the reader says adds to a candidate's nearness.

    `unread` is the relevance that a candidate counts with that was not read: what such candidates have on average.
    """

    relevance: float
    log_odds: float
    answer: float
    unread: float


@cache
def stored() -> ReaderWeights:
    """Read once; the file is part of the program."""
    content = json.loads(files("rag_core.retrieve").joinpath("fusion.json").read_text(encoding="utf-8"))
    return ReaderWeights(**content["weights"], unread=content["unread"])


def order_read(
    candidates: Sequence[Candidate], readings: Mapping[int, Reading], weights: ReaderWeights | None = None
) -> list[Candidate]:
    """The candidates, whose `fused_score` is their nearness, by nearness and reading; the sum becomes `fused_score`.

    Those without a reading count as `weights.unread`, and never more than the last one that the reader likes. With no
    reading at all the order stays as it is.
    """
    if not readings:
        return list(candidates)
    weights = weights or stored()
    scores = {c.chunk_id: c.fused_score + _said(readings.get(c.chunk_id), weights) for c in candidates}
    liked = [scores[c.chunk_id] for c in candidates if _likes(readings.get(c.chunk_id))]
    limit = min(liked, default=math.inf)
    ordered = [
        replace(c, fused_score=scores[c.chunk_id] if c.chunk_id in readings else min(limit, scores[c.chunk_id]))
        for c in candidates
    ]
    # Sorting is stable: what is equal stays in the order of the fusion, but a read one comes before an unread one.
    return sorted(ordered, key=lambda c: (-c.fused_score, c.chunk_id not in readings))


def _said(reading: Reading | None, weights: ReaderWeights) -> float:
    relevance = weights.unread if reading is None else reading.relevance
    answer = 0.0 if reading is None else reading.span_probability
    return weights.relevance * relevance + weights.log_odds * log_odds(relevance) + weights.answer * answer


def _likes(reading: Reading | None) -> bool:
    return reading is not None and reading.relevance >= LIKED
