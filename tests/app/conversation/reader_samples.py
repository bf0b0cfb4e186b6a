"""Passages that a reader has read, and an answer that it has checked."""

from __future__ import annotations

from dataclasses import replace

from rag_core.types import Answer, Passage, Quote, SentenceCheck
from tests.app.conversation.conversation_samples import PASSAGES, WORDS, answer

DAYS = WORDS.index("25 days")
FIRST_SENTENCE = WORDS.index(" Up")


def marked_passage(rank: int, words: str, score: float = 0.9) -> Passage:
    found = PASSAGES[rank - 1]
    start = found.char_start + WORDS.index(words)
    return replace(found, rerank_score=score, answer_start=start, answer_end=start + len(words))


READ = (marked_passage(1, "25 days"), marked_passage(2, "five days", 0.4), replace(PASSAGES[2], rerank_score=0.02))


def marked_quote(confidence: float = 0.9) -> Quote:
    return Quote(1, WORDS[:FIRST_SENTENCE], 3, 1000, 1000 + FIRST_SENTENCE, 1000 + DAYS, 1007 + DAYS, confidence)


def checked(text: str, *checks: tuple[str, SentenceCheck], **changes: object) -> Answer:
    """An answer to "q"; each check is of the sentence before it."""
    made = tuple(replace(check, start=text.index(of), end=text.index(of) + len(of)) for of, check in checks)
    plain = replace(answer("q", text), passages=READ, quote=marked_quote(), checks=made)
    return replace(plain, unsupported=tuple((c.start, c.end) for c in made if not c.supported), **changes)  # type: ignore[arg-type]


GOOD = SentenceCheck(0, 0, True, "reader", 0.93, 1)
BAD = SentenceCheck(0, 0, False, "reader", 0.12, 2)
BY_WORDS = SentenceCheck(0, 0, True, "words", None, 1)
BAD_BY_WORDS = SentenceCheck(0, 0, False, "words")
