"""Asks a library every question of a set and says how well it did.

The library is anything that can `search`, `answer` and `check`; a generator of `Progress`, so that it can be shown and
stopped.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Protocol

from rag_core.evaluate import metrics
from rag_core.evaluate.matching import is_relevant, on_expected_page
from rag_core.evaluate.questions import Question
from rag_core.evaluate.report import DEPTH, SHOWN, Outcome, Report, report_of
from rag_core.progress import Progress
from rag_core.types import Answer, ChatMessage, Passage, Quote, SearchResult, SentenceCheck

_MARKER = re.compile(r"\s*\[\d+\]")


class Library(Protocol):
    """What is evaluated. `search` gives up to `top_k` passages, best first, for a question in its conversation, without
    `read` without the reader; `answer` gives the finished answer; `check` compares sentences with passages, as it
    does with those of an answer to the question."""

    def search(self, query: str, *, history: Sequence[ChatMessage], top_k: int, read: bool = True) -> SearchResult: ...

    def answer(self, question: str, *, history: Sequence[ChatMessage]) -> Answer: ...

    def check(self, question: str, sentences: Sequence[str], passages: Sequence[Passage]) -> list[SentenceCheck]: ...


def evaluate(
    library: Library, questions: Sequence[Question], *, relevance_threshold: float, answers: bool = True
) -> Generator[Progress, None, Report]:
    """Ask everything; the report is the generator's value. Without `answers` nothing is generated, and abstention is
    what the relevance threshold would do."""
    outcomes: list[Outcome] = []
    for done, question in enumerate(questions):
        yield Progress("evaluate", done, len(questions), "questions", question.question)
        found = library.search(question.question, history=question.history, top_k=DEPTH)
        answer = library.answer(question.question, history=question.history) if answers else None
        outcome = _searched(library, question, found, relevance_threshold)
        outcomes.append(outcome if answer is None else _answered(outcome, question, answer))
    yield Progress("evaluate", len(questions), len(questions), "questions")
    return report_of(questions, outcomes)


def _searched(library: Library, question: Question, found: SearchResult, relevance_threshold: float) -> Outcome:
    """As far as searching tells; whether to answer is what the threshold would say."""
    first = found.passages[0] if found.passages else None
    read = bool(found.counts.get("reranked"))
    unread = found
    if read:
        unread = library.search(question.question, history=question.history, top_k=DEPTH, read=False)
    claims = [claim.text for claim in question.claims]
    checks = library.check(question.question, claims, found.passages[:SHOWN]) if claims else []
    return Outcome(
        question=question.question,
        answerable=question.answerable,
        relevance=found.relevance,
        abstained=found.relevance < relevance_threshold,
        read_closely=read,
        rank=_first_rank(question, found.passages),
        rank_unread=_first_rank(question, unread.passages),
        page_hit=_page_hit(question, found.passages),
        claims=tuple(c.supported == check.supported for c, check in zip(question.claims, checks, strict=True)),
        first_path=first.path if first else "",
        first_page=first.page if first else None,
    )


def _answered(outcome: Outcome, question: Question, answer: Answer) -> Outcome:
    """With what the answer tells. A refused question has no answer to be scored."""
    spoken = _MARKER.sub("", answer.text)
    told = replace(outcome, abstained=answer.not_found, answer=spoken, cited_page=_cited_page(question, answer))
    if answer.not_found or not question.answer:
        return told
    told = replace(
        told,
        exact_match=metrics.exact_match(spoken, question.answer),
        f1=metrics.answer_f1(spoken, question.answer),
        answer_recall=metrics.answer_recall(spoken, question.answer),
    )
    return told if answer.quote is None else _quoted(told, question, answer.quote)


def _quoted(outcome: Outcome, question: Question, quote: Quote) -> Outcome:
    told = replace(outcome, quote=quote.text, quote_recall=metrics.answer_recall(quote.text, question.answer))
    if not outcome.read_closely:
        return told
    marked = quote.answer_text
    return replace(
        told,
        marked=marked,
        quote_exact_match=metrics.exact_match(marked, question.answer) if marked else 0.0,
        quote_f1=metrics.answer_f1(marked, question.answer) if marked else 0.0,
    )


def _first_rank(question: Question, passages: Sequence[Passage]) -> int | None:
    return next((rank for rank, p in enumerate(passages[:DEPTH], start=1) if is_relevant(question, p)), None)


def _page_hit(question: Question, passages: Sequence[Passage]) -> bool | None:
    if not question.answerable or not question.paths:
        return None
    return any(on_expected_page(question, passage) for passage in passages[:SHOWN])


def _cited_page(question: Question, answer: Answer) -> bool | None:
    """Whether the answer rests on the right page, as its citations say; an answer without citation rests on nothing."""
    if answer.not_found or not question.answerable or not question.paths:
        return None
    by_rank = {passage.rank: passage for passage in answer.passages}
    cited = [by_rank[citation.passage] for citation in answer.citations if citation.passage in by_rank]
    return any(on_expected_page(question, passage) for passage in cited)
