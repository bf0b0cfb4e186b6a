"""What an evaluation found: per question, and as means with their meanings."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rag_core.evaluate import metrics
from rag_core.evaluate.questions import Question
from rag_core.messages import Message, say

# Ranking is judged on the first ten; a person sees the first few, and those are what "page hit" looks at.
DEPTH = 10
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one question. `rank` is that of the first relevant passage, from 1, or None; `rank_unread` the
    same without the reader.

    What the question set or the run gives nothing to judge is None: `page_hit`, `cited_page`, the answer's scores, and
    those of the quote, whose `quote_exact_match` and `quote_f1` are about the words that the reader marked in it (0
    where it marked none). `claims` are whether each of the question's claims was judged as it is labelled.
    """

    question: str
    answerable: bool
    relevance: float
    abstained: bool
    read_closely: bool = False
    rank: int | None = None
    rank_unread: int | None = None
    page_hit: bool | None = None
    answer: str | None = None
    cited_page: bool | None = None
    exact_match: float | None = None
    f1: float | None = None
    answer_recall: float | None = None
    quote: str | None = None
    marked: str | None = None
    quote_exact_match: float | None = None
    quote_f1: float | None = None
    quote_recall: float | None = None
    claims: tuple[bool, ...] = ()
    first_path: str = ""
    first_page: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """`means` over a question set, by the keys of `_ROWS`; NaN where there was nothing to judge. See `metrics` for the
    definitions.
    """

    questions: int
    located: int
    answerable: int
    means: dict[str, float]
    outcomes: tuple[Outcome, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: what was not measured is null."""
        told = asdict(self)
        means = {name: None if math.isnan(value) else value for name, value in told.pop("means").items()}
        return told | means

    def figures(self) -> list[tuple[Message | str, float, Message]]:
        """(name, value, meaning)."""
        return [(label, self.means[name], meaning) for name, label, meaning in _ROWS]

    def rows(self, number: Callable[[float, str], str] = format) -> list[tuple[Message | str, str, Message]]:
        """The figures for a table, as `number` writes them. What was not measured is “–”."""
        return [
            (name, "–" if math.isnan(value) else number(value, ".3f"), meaning)
            for name, value, meaning in self.figures()
        ]


_ROWS = (
    ("ndcg_at_10", "nDCG@10", say("meaning-ndcg-at-10")),
    ("reranking_gain", say("measure-reranking-gain"), say("meaning-reranking-gain")),
    ("mrr_at_10", "MRR@10", say("meaning-mrr-at-10")),
    ("recall_at_1", "Recall@1", say("meaning-recall-at-1")),
    ("recall_at_5", "Recall@5", say("meaning-recall-at-5")),
    ("recall_at_10", "Recall@10", say("meaning-recall-at-10")),
    ("page_hit_rate", say("measure-page-hit-rate"), say("meaning-page-hit-rate", shown=SHOWN)),
    ("cited_page_rate", say("measure-cited-page-rate"), say("meaning-cited-page-rate")),
    ("quote_recall", say("measure-quote-recall"), say("meaning-quote-recall")),
    ("quote_f1", say("measure-quote-f1"), say("meaning-quote-f1")),
    ("quote_exact_match", say("measure-quote-exact-match"), say("meaning-quote-exact-match")),
    ("answer_recall", say("measure-answer-recall"), say("meaning-answer-recall")),
    ("answer_f1", say("measure-answer-f1"), say("meaning-answer-f1")),
    ("exact_match", say("measure-exact-match"), say("meaning-exact-match")),
    ("support_accuracy", say("measure-support-accuracy"), say("meaning-support-accuracy")),
    ("abstention_recall", say("measure-abstention-recall"), say("meaning-abstention-recall")),
    ("abstention_precision", say("measure-abstention-precision"), say("meaning-abstention-precision")),
    ("false_alarms", say("measure-false-alarms"), say("meaning-false-alarms")),
    ("abstention_auroc", say("measure-abstention-auroc"), say("meaning-abstention-auroc")),
    ("calibration_error", say("measure-calibration-error"), say("meaning-calibration-error")),
)


def report_of(questions: Sequence[Question], outcomes: Sequence[Outcome]) -> Report:
    """`outcomes` are parallel to the questions."""
    located = [outcome for question, outcome in zip(questions, outcomes, strict=True) if question.locates]
    gains = [_gains(outcome.rank) for outcome in located]
    read = [outcome for outcome in located if outcome.read_closely]
    can = [outcome.answerable for outcome in outcomes]
    relevance = [outcome.relevance for outcome in outcomes]
    refused = metrics.abstention(can, relevance, [outcome.abstained for outcome in outcomes])
    return Report(
        questions=len(questions),
        located=len(located),
        answerable=sum(can),
        means={
            "ndcg_at_10": metrics.mean(map(_ndcg, gains)),
            "reranking_gain": metrics.mean(_ndcg(_gains(o.rank)) - _ndcg(_gains(o.rank_unread)) for o in read),
            "mrr_at_10": metrics.mean(metrics.reciprocal_rank_at_k(g, DEPTH) for g in gains),
            **{f"recall_at_{k}": metrics.mean(metrics.recall_at_k(g, 1, k) for g in gains) for k in (1, 5, 10)},
            "page_hit_rate": _mean_known(outcome.page_hit for outcome in outcomes),
            "cited_page_rate": _mean_known(outcome.cited_page for outcome in outcomes),
            "quote_recall": _mean_known(outcome.quote_recall for outcome in outcomes),
            "quote_exact_match": _mean_known(outcome.quote_exact_match for outcome in outcomes),
            "quote_f1": _mean_known(outcome.quote_f1 for outcome in outcomes),
            "exact_match": _mean_known(outcome.exact_match for outcome in outcomes),
            "answer_f1": _mean_known(outcome.f1 for outcome in outcomes),
            "answer_recall": _mean_known(outcome.answer_recall for outcome in outcomes),
            "support_accuracy": _mean_known(right for outcome in outcomes for right in outcome.claims),
            "abstention_precision": refused.precision,
            "abstention_recall": refused.recall,
            "false_alarms": refused.false_alarms,
            "abstention_auroc": refused.auroc,
            "calibration_error": metrics.expected_calibration_error(relevance, can),
        },
        outcomes=tuple(outcomes),
    )


def _gains(found: int | None) -> list[float]:
    """The excerpt is one relevant item, found where it first appears; so the ideal list is that item at rank 1."""
    return [float(rank == found) for rank in range(1, DEPTH + 1)]


def _ndcg(gains: Sequence[float]) -> float:
    return metrics.ndcg_at_k(gains, [1.0], DEPTH)


def _mean_known(values: Iterable[float | bool | None]) -> float:
    return metrics.mean(float(value) for value in values if value is not None)
