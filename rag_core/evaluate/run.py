"""Asks a library every question of a set and says how well it did.

The library is anything that can `search` and `answer`; a generator of `Progress`, so that it can be shown and stopped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from rag_core.evaluate import metrics
from rag_core.evaluate.matching import is_relevant, on_expected_page
from rag_core.evaluate.questions import Question
from rag_core.progress import Progress
from rag_core.types import Answer, Message, Passage, SearchResult

_MARKER = re.compile(r"\s*\[\d+\]")
# Ranking is judged on the first ten; a person sees the first few, and those are what "page hit" looks at.
DEPTH = 10
SHOWN = 5


class Library(Protocol):
    """What is evaluated. `search` gives up to `top_k` passages, best first, for a question in its conversation;
    `answer` gives the finished answer."""

    def search(self, query: str, *, history: Sequence[Message], top_k: int) -> SearchResult: ...

    def answer(self, question: str, *, history: Sequence[Message]) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one question. `rank` is that of the first relevant passage, from 1, or None.

    `page_hit`, `cited_page` and the answer scores are None where the question set or the run gives nothing to judge.
    """

    question: str
    answerable: bool
    relevance: float
    abstained: bool
    rank: int | None = None
    page_hit: bool | None = None
    answer: str | None = None
    cited_page: bool | None = None
    exact_match: float | None = None
    f1: float | None = None
    answer_recall: float | None = None
    first_path: str = ""
    first_page: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Means over a question set; NaN where there was nothing to judge. See `metrics` for the definitions."""

    questions: int
    located: int
    answerable: int
    ndcg_at_10: float
    mrr_at_10: float
    recall_at_1: float
    recall_at_5: float
    recall_at_10: float
    page_hit_rate: float
    cited_page_rate: float
    exact_match: float
    answer_f1: float
    answer_recall: float
    abstention_precision: float
    abstention_recall: float
    false_alarms: float
    abstention_auroc: float
    calibration_error: float
    outcomes: tuple[Outcome, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: what was not measured is null."""
        values = asdict(self)
        return {name: None if _is_nan(value) else value for name, value in values.items()}

    def rows(self) -> list[tuple[str, str, str]]:
        """(name, value, meaning) for a table. What was not measured is “–”."""
        shown = [(label, getattr(self, name), meaning) for name, label, meaning in _ROWS]
        return [(label, "–" if math.isnan(value) else f"{value:.3f}", meaning) for label, value, meaning in shown]


_ROWS = (
    ("ndcg_at_10", "nDCG@10", "how high the right passage stands, 1 = always first"),
    ("mrr_at_10", "MRR@10", "1 / its rank, on average"),
    ("recall_at_1", "Recall@1", "right passage comes first"),
    ("recall_at_5", "Recall@5", "right passage among the first 5"),
    ("recall_at_10", "Recall@10", "right passage among the first 10"),
    ("page_hit_rate", "Page hit rate", f"right file and page among the first {SHOWN}"),
    ("cited_page_rate", "Right page cited", "of the answers that were given"),
    ("answer_recall", "Answer holds reference", "share of the reference answer's words"),
    ("answer_f1", "Answer F1", "shared words, as SQuAD counts; short references make it low"),
    ("exact_match", "Answer exact match", "answer and reference are the same words"),
    ("abstention_recall", "“Not found” recall", "unanswerable questions that were told so"),
    ("abstention_precision", "“Not found” precision", "“not found” that was right"),
    ("false_alarms", "Wrongly “not found”", "answerable questions that were refused"),
    ("abstention_auroc", "Relevance AUROC", "answerable ranked above unanswerable"),
    ("calibration_error", "Calibration error", "relevance against what was true, 0 = exact"),
)


def evaluate(
    library: Library, questions: Sequence[Question], *, relevance_threshold: float, answers: bool = True
) -> Generator[Progress, None, Report]:
    """Ask everything; the report is the generator's value. Without `answers` nothing is generated, and abstention is
    what the relevance threshold would do."""
    outcomes: list[Outcome] = []
    for done, question in enumerate(questions):
        yield Progress("evaluate", done, len(questions), "questions", question.question)
        outcomes.append(_outcome(library, question, relevance_threshold, answers))
    yield Progress("evaluate", len(questions), len(questions), "questions")
    return _report(questions, outcomes)


def _outcome(library: Library, question: Question, relevance_threshold: float, answers: bool) -> Outcome:
    found = library.search(question.question, history=question.history, top_k=DEPTH)
    answer = library.answer(question.question, history=question.history) if answers else None
    first = found.passages[0] if found.passages else None
    given = answer is not None and not answer.not_found
    spoken = _MARKER.sub("", answer.text) if answer is not None else None
    scored = spoken if given and question.answer else None
    return Outcome(
        question=question.question,
        answerable=question.answerable,
        relevance=found.relevance,
        abstained=answer.not_found if answer is not None else found.relevance < relevance_threshold,
        rank=_first_rank(question, found.passages),
        page_hit=_page_hit(question, found.passages),
        answer=spoken,
        cited_page=_cited_page(question, answer),
        exact_match=None if scored is None else metrics.exact_match(scored, question.answer),
        f1=None if scored is None else metrics.answer_f1(scored, question.answer),
        answer_recall=None if scored is None else metrics.answer_recall(scored, question.answer),
        first_path=first.path if first else "",
        first_page=first.page if first else None,
    )


def _first_rank(question: Question, passages: Sequence[Passage]) -> int | None:
    return next((rank for rank, p in enumerate(passages[:DEPTH], start=1) if is_relevant(question, p)), None)


def _page_hit(question: Question, passages: Sequence[Passage]) -> bool | None:
    if not question.answerable or not question.paths:
        return None
    return any(on_expected_page(question, passage) for passage in passages[:SHOWN])


def _cited_page(question: Question, answer: Answer | None) -> bool | None:
    """Whether the answer rests on the right page, as its citations say; an answer without citation rests on nothing."""
    if answer is None or answer.not_found or not question.answerable or not question.paths:
        return None
    by_rank = {passage.rank: passage for passage in answer.passages}
    cited = [by_rank[citation.passage] for citation in answer.citations if citation.passage in by_rank]
    return any(on_expected_page(question, passage) for passage in cited)


def _report(questions: Sequence[Question], outcomes: Sequence[Outcome]) -> Report:
    judged = [outcome for question, outcome in zip(questions, outcomes, strict=True) if question.locates]
    # The excerpt is one relevant item, found where it first appears; so the ideal list is that item at rank 1.
    gains = [[float(rank == outcome.rank) for rank in range(1, DEPTH + 1)] for outcome in judged]
    can = [outcome.answerable for outcome in outcomes]
    relevance = [outcome.relevance for outcome in outcomes]
    refused = metrics.abstention(can, relevance, [outcome.abstained for outcome in outcomes])
    return Report(
        questions=len(questions),
        located=len(judged),
        answerable=sum(can),
        ndcg_at_10=metrics.mean(metrics.ndcg_at_k(g, [1.0], 10) for g in gains),
        mrr_at_10=metrics.mean(metrics.reciprocal_rank_at_k(g, 10) for g in gains),
        recall_at_1=metrics.mean(metrics.recall_at_k(g, 1, 1) for g in gains),
        recall_at_5=metrics.mean(metrics.recall_at_k(g, 1, 5) for g in gains),
        recall_at_10=metrics.mean(metrics.recall_at_k(g, 1, 10) for g in gains),
        page_hit_rate=_mean_known(outcome.page_hit for outcome in outcomes),
        cited_page_rate=_mean_known(outcome.cited_page for outcome in outcomes),
        exact_match=_mean_known(outcome.exact_match for outcome in outcomes),
        answer_f1=_mean_known(outcome.f1 for outcome in outcomes),
        answer_recall=_mean_known(outcome.answer_recall for outcome in outcomes),
        abstention_precision=refused.precision,
        abstention_recall=refused.recall,
        false_alarms=refused.false_alarms,
        abstention_auroc=refused.auroc,
        calibration_error=metrics.expected_calibration_error(relevance, can),
        outcomes=tuple(outcomes),
    )


def _mean_known(values: Iterable[float | bool | None]) -> float:
    return metrics.mean(float(value) for value in values if value is not None)


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
