"""Answers and turns for tests, as plain data."""

from __future__ import annotations

from rag_core.conversations.records import Turn
from rag_core.types import Answer, Citation, Passage, Quote

PLACES = {"pdf": "page", "xlsx": "sheet", "pptx": "slide"}


def passage(rank: int, text: str, path: str = "/docs/handbook.pdf", page: int = 3) -> Passage:
    return Passage(
        rank, (rank, rank + 1), "d" * 64, path, "Office handbook", page, "iii", 10, 10 + len(text), text, ("Leave",),
        dense_score=0.75, lexical_score=None, fused_score=1 / 61, rerank_score=None,
        place=PLACES.get(path.rpartition(".")[2], ""),
    )  # fmt: skip


def answer(question: str, text: str, *passages: Passage, not_found: bool = False) -> Answer:
    """Every passage is cited once, at the end of the text; its quote is the passage's text."""
    citations = []
    for found in passages if not not_found else ():
        marker = f"[{found.rank}]"
        citations.append(
            Citation(
                found.rank, found.text, found.page, found.char_start, found.char_end,
                len(text), len(text) + len(marker),
            )
        )  # fmt: skip
        text += marker
    quote = None
    if passages:
        first = passages[0]
        quote = Quote(1, first.text, first.page, first.char_start, first.char_end)
    return Answer(
        question, text, not_found, passages, tuple(citations), 0.1 if not_found else 0.9, (), {"generate": 12.5},
        {"embed": "CPUExecutionProvider"}, {"llm": "small"}, {"prompt_tokens": 512}, not not_found, quote,
    )  # fmt: skip


def turn(question: str = "How many days?", text: str = "Thirty days. ", words: str = "Thirty days of notice.") -> Turn:
    return Turn(0, question, 1_700_000_000_000_000_000, answer(question, text, passage(1, words)))
