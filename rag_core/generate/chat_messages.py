"""Conversations on their way into a chat template."""

from __future__ import annotations

from collections.abc import Sequence

from rag_core.types import ChatMessage


def without_system(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """System messages moved to the beginning of the user's message that follows them."""
    turns: list[ChatMessage] = []
    instructions: list[str] = []
    for message in messages:
        if message.role == "system":
            instructions.append(message.content)
        elif message.role == "user" and instructions:
            turns.append(ChatMessage("user", "\n\n".join([*instructions, message.content])))
            instructions = []
        else:
            turns.append(message)
    return turns


def encodable(text: str) -> str:
    """Without lone surrogates (file names on disk may bring them), which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")
