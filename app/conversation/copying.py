"""An answer as text for the clipboard: its words, then where each number points."""

from __future__ import annotations

from app.conversation.conversation_model import ShownTurn
from app.conversation.proof import place_words, proof_of
from app.kit.text import tr


def answer_with_sources(turn: ShownTurn) -> str:
    """Markers stay as [n]; below, one line for each cited passage."""
    text = turn.text.strip()
    cited = proof_of(turn).cited
    sources = [f"[{each.passage.rank}] {place_words(each.passage)}: “{each.words.text}”" for each in cited]
    return "\n".join([text, "", tr("Sources"), *sources]) if sources else text
