"""Turns, passages and answers for the tests of the conversation."""

from __future__ import annotations

import re

from rag_core.conversations.records import Turn
from rag_core.messages import literal
from rag_core.types import Answer, Citation, Passage, Quote, SearchResult

WORDS = "Full-time employees are entitled to 25 days of annual leave. Up to five days can be carried over."


def passage(rank: int, path: str = "/docs/office-handbook.pdf", page: int = 3) -> Passage:
    start = rank * 1000
    place = {"pdf": "page", "xlsx": "sheet"}.get(path.rpartition(".")[2], "part" if page > 1 else "")
    return Passage(
        rank, (rank,), f"document{rank}", path, "Handbook", page, "", start, start + len(WORDS), WORDS, place=place
    )


PASSAGES = (passage(1), passage(2, "/docs/rooms.xlsx", 1), passage(3, "C:\\docs\\policy.docx", 12))
QUOTE = Quote(1, WORDS[:60], 3, 1000, 1060)


def answer(question: str, text: str, *, not_found: bool = False, unsupported: str = "") -> Answer:
    """`[n]` in the text become citations of the whole passage n."""
    citations = tuple(
        Citation(n, WORDS, PASSAGES[n - 1].page, n * 1000, n * 1000 + len(WORDS), found.start(), found.end())
        for found in re.finditer(r"\[(\d)\]", text)
        for n in [int(found.group(1))]
    )
    start = text.index(unsupported) if unsupported else 0
    return Answer(
        question=question,
        text=text,
        not_found=not_found,
        passages=PASSAGES,
        citations=citations,
        relevance=0.1 if not_found else 0.9,
        unsupported=((start, start + len(unsupported)),) if unsupported else (),
        timings_ms={"total": 420.0},
        providers={"embed": "CPUExecutionProvider", "generate": "CPUExecutionProvider"},
        provenance={},
        generated=not not_found,
        quote=QUOTE,
    )


def answered(number: int, text: str = "25 days [1].") -> Turn:
    question = f"Question {number}?"
    return Turn(number, question, number, answer(question, text))


def found() -> SearchResult:
    return SearchResult("q", PASSAGES, 0.9, {}, {}, (literal("Searched by words only."),))
