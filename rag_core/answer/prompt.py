"""The prompt, inside a token budget: on a laptop's processor each token of it is time that the person waits.

Layout: a system message and two worked examples that never change, so their work is kept between questions; the last
turn of the conversation; the question; last the sentences nearest to it, numbered by the passage they stand in.
With the question before the text SmolLM2 gave the gold answer to 42 % of 120 questions of three sets, with the question
after it to 27 %. Markers are not asked of the model: small ones forget them, and every sentence is compared with the
passages anyway (citations.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag_core.answer.focus import Piece, cut, subject, widen
from rag_core.types import ChatMessage, Passage

PROMPT_ID = "answer-3"
SYSTEM = "You answer questions from a text in one short sentence, with the words of the text."
# Worked examples teach a small model the form of an answer better than instructions do.
_EXAMPLES = (
    (
        "[1] Rooms\nThe Willow Room is on the second floor. It has 20 seats and a projector. Book it with Anna Berg.",
        "How many people can sit in the Willow Room?",
        "The Willow Room has 20 seats.",
    ),
    (
        "[1] Payments > Approval\nInvoices are paid within 30 days. Invoices of more than £5,000 are signed by the "
        "treasurer.\n[2] Archive\nKeep a copy of each invoice for six years.",
        "Who signs an invoice of £8,000?",
        "Invoices of more than £5,000 are signed by the treasurer.",
    ),
)
_HISTORY_SHARE = 0.25
# Where there is room, the first pieces come with the sentence before and after them: "It" needs its antecedent.
_WITH_NEIGHBOURS = 2
_ROOM_FOR_NEIGHBOURS_TOKENS = 200


@dataclass(frozen=True, slots=True)
class Prompt:
    """`evidence` is what the prompt holds of the passages, in contiguous parts: what the model has read, no more."""

    messages: tuple[ChatMessage, ...]
    evidence: tuple[Passage, ...]


def build_prompt(
    question: str,
    pieces: Sequence[Piece],
    history: Sequence[ChatMessage],
    evidence_tokens: int,
    count_tokens: Callable[[str], int],
    standalone: str = "",
) -> Prompt:
    """`pieces` are the sentences, nearest first; as many as fit into `evidence_tokens` go in, the nearest always.

    The last turn of `history` goes in while it is short beside the evidence; where it does not fit, a follow-up is
    asked as `standalone`, which repeats the question that it leans on.
    """
    evidence = _choose(pieces, evidence_tokens, count_tokens)
    past = _recent_turn(history, int(evidence_tokens * _HISTORY_SHARE), count_tokens)
    asked = question if past else standalone or question
    messages = (*_FIXED, *past, ChatMessage("user", _user_text(_listed(evidence), asked)))
    return Prompt(messages, tuple(evidence))


def _user_text(listed: str, question: str) -> str:
    return f"Question: {question}\n\nText:\n{listed}"


_FIXED = (
    ChatMessage("system", SYSTEM),
    *(
        message
        for listed, question, answer in _EXAMPLES
        for message in (ChatMessage("user", _user_text(listed, question)), ChatMessage("assistant", answer))
    ),
)


def _choose(pieces: Sequence[Piece], room: int, count_tokens: Callable[[str], int]) -> list[Passage]:
    """The nearest pieces, the first few with their neighbours, merged where they touch, in the passages' order."""
    chosen: list[Piece] = []
    for number, piece in enumerate(pieces):
        wide = widen(piece) if number < _WITH_NEIGHBOURS and room >= _ROOM_FOR_NEIGHBOURS_TOKENS else piece
        for candidate in (wide, piece):
            merged = _merge(chosen, candidate)
            if count_tokens(_listed(_cuts(merged))) <= room:
                break
        else:
            if chosen:
                break  # the nearest is always in, however long; what follows only while there is room
        chosen = merged
    return _cuts(chosen)


def _merge(chosen: Sequence[Piece], new: Piece) -> list[Piece]:
    """`chosen` with `new`, joined to what it overlaps or touches; in reading order."""
    start, end = new.start, new.end
    apart: list[Piece] = []
    for part in chosen:
        if part.passage is new.passage and _touch(part, start, end):
            start, end = min(start, part.start), max(end, part.end)
        else:
            apart.append(part)
    return sorted([*apart, replace(new, start=start, end=end)], key=lambda part: (part.passage.rank, part.start))


def _touch(part: Piece, start: int, end: int) -> bool:
    between = part.passage.text[min(part.end, end) : max(part.start, start)]
    return not between.strip()


def _cuts(chosen: Sequence[Piece]) -> list[Passage]:
    return [cut(part.passage, part.start, part.end) for part in chosen]


def _listed(evidence: Sequence[Passage]) -> str:
    """Parts of one passage stand under one number, with its headings, which tell what a table row is about."""
    lines: list[str] = []
    last = 0
    for part in evidence:
        if part.rank != last:
            lines.append(f"[{part.rank}] {subject(part)}")
            last = part.rank
        lines.append(part.text)
    return "\n".join(lines)


def _recent_turn(history: Sequence[ChatMessage], room: int, count_tokens: Callable[[str], int]) -> list[ChatMessage]:
    """The last question and answer, without the passages it rested on, when they fit."""
    turn = [message for message in history if message.role != "system"][-2:]
    if [message.role for message in turn] != ["user", "assistant"]:
        return []
    return turn if sum(count_tokens(message.content) for message in turn) <= room else []
