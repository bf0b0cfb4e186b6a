"""The prompt, inside a token budget: on a laptop's processor each token of it is time that the person waits.

Layout: the system message never changes, so its work is kept between questions; then the last turn of the conversation;
then the passages, numbered as they are cited, and the question last. Whole passages are taken in order of rank; the
first that does not fit is cut to the sentences around the one that is nearest to the question, and what is left out is
told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from rag_core.sentences import sentence_spans
from rag_core.types import Message, Passage
from rag_core.words import content_terms

PROMPT_ID = "answer-1"
SYSTEM = (
    "You answer questions about office documents. Use only the passages. Answer in one short sentence, in the language "
    "of the question, with the exact figures and names of the passage."
)
# A cut passage of fewer tokens than this says nothing; it is left out.
_LEAST_PASSAGE_TOKENS = 24
_HISTORY_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Prompt:
    """`passages` are those that the prompt holds, cut as they are in it: what the model has read, no more."""

    messages: tuple[Message, ...]
    passages: tuple[Passage, ...]
    left_out: int
    tokens: int


def build_prompt(
    question: str,
    passages: Sequence[Passage],
    history: Sequence[Message],
    budget_tokens: int,
    count_tokens: Callable[[str], int],
) -> Prompt:
    """Fill `budget_tokens` (system message and question included). The best passage is always in."""
    past = _recent_turn(history, int(budget_tokens * _HISTORY_SHARE), count_tokens)
    fixed = [Message("system", SYSTEM), *past, Message("user", _user_text(question, ()))]
    room = budget_tokens - sum(count_tokens(message.content) for message in fixed)
    chosen: list[Passage] = []
    for passage in passages:
        cost = count_tokens(_passage_text(passage))
        if cost > room:
            cut = _cut_to_fit(passage, question, max(room, 0 if chosen else _LEAST_PASSAGE_TOKENS), count_tokens)
            if cut is not None:
                chosen.append(cut)
            break
        chosen.append(passage)
        room -= cost
    messages = (*fixed[:-1], Message("user", _user_text(question, chosen)))
    used = sum(count_tokens(message.content) for message in messages)
    return Prompt(messages, tuple(chosen), len(passages) - len(chosen), used)


def _user_text(question: str, passages: Sequence[Passage]) -> str:
    listed = "\n\n".join(_passage_text(passage) for passage in passages)
    return f"Passages:\n{listed}\n\nQuestion: {question}"


def _passage_text(passage: Passage) -> str:
    """Headings tell what a table row or a bare sentence is about; the file's name does when there are none."""
    about = " > ".join(passage.headings) or passage.title or PurePath(passage.path).stem
    return f"[{passage.rank}] {about}\n{passage.text}"


def _cut_to_fit(passage: Passage, question: str, room: int, count_tokens: Callable[[str], int]) -> Passage | None:
    """The passage's sentences around the one nearest to the question, as many as fit; None when that is too few."""
    room -= count_tokens(_passage_text(replace(passage, text="")))
    if room < _LEAST_PASSAGE_TOKENS:
        return None
    spans = sentence_spans(passage.text)
    first = last = _nearest(question, passage.text, spans)
    while True:
        wider = [(first - 1, last), (first, last + 1)]
        fitting = [
            (a, b)
            for a, b in wider
            if a >= 0 and b < len(spans) and count_tokens(passage.text[spans[a][0] : spans[b][1]]) <= room
        ]
        if not fitting:
            break
        first, last = fitting[-1]
    start, end = spans[first][0], spans[last][1]
    return replace(
        passage,
        text=passage.text[start:end],
        char_start=passage.char_start + start,
        char_end=passage.char_start + end,
    )


def _nearest(question: str, text: str, spans: Sequence[tuple[int, int]]) -> int:
    wanted = set(content_terms(question))
    shared = [len(wanted & set(content_terms(text[a:b]))) for a, b in spans]
    return shared.index(max(shared))


def _recent_turn(history: Sequence[Message], room: int, count_tokens: Callable[[str], int]) -> list[Message]:
    """The last question and answer, without the passages it rested on, when they fit."""
    turn = [message for message in history if message.role != "system"][-2:]
    if [message.role for message in turn] != ["user", "assistant"]:
        return []
    return turn if sum(count_tokens(message.content) for message in turn) <= room else []
