"""A prompt that the language model can hold where it runs: on an NPU its cache has a fixed length."""

from __future__ import annotations

from collections.abc import Sequence

from rag_core.answer.compression import evidence_room, worth_reading
from rag_core.answer.focus import Piece
from rag_core.answer.prompt import Prompt, build_prompt
from rag_core.messages import Message, say
from rag_core.model_protocols import TextGenerator
from rag_core.types import ChatMessage


def fitting_prompt(
    question: str,
    pieces: Sequence[Piece],
    history: Sequence[ChatMessage],
    generator: TextGenerator,
    evidence_tokens: int,
    max_new_tokens: int,
    standalone: str,
) -> tuple[Prompt, tuple[Message, ...]]:
    """The prompt, with what of the pieces is worth reading and fits, each whole; and a notice where some did not fit.

    A question that is too long by itself stays so: the generator refuses it and says what to do.
    """
    count = generator.count_tokens
    room = generator.context_tokens - max_new_tokens
    wanted_pieces = worth_reading(pieces)

    def build(budget: int) -> tuple[Prompt, int]:
        prompt = build_prompt(question, wanted_pieces, history, budget, count, standalone)
        return prompt, generator.count_prompt_tokens(prompt.messages) - room

    budget = evidence_room(pieces, evidence_tokens, count)
    prompt, too_much = build(budget)
    wanted = _chars(prompt)
    while too_much > 0 and budget > 1:  # at 1 only the nearest piece is left
        held = sum(count(part.text) for part in prompt.evidence)
        budget = max(1, min(budget, held) - too_much)
        prompt, too_much = build(budget)
    if _chars(prompt) == wanted:
        return prompt, ()
    share = 100 * _chars(prompt) // wanted
    return prompt, (say("answer-cut-to-fit", share=share),)


def _chars(prompt: Prompt) -> int:
    return sum(len(part.text) for part in prompt.evidence)
