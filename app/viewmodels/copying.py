"""An answer as text for the clipboard: its words, then where each number points."""

from __future__ import annotations

from app.text import tr
from app.viewmodels.conversation import ShownTurn
from app.viewmodels.proof import place_words, proof_of


def answer_with_sources(turn: ShownTurn) -> str:
    """Markers stay as [n]; below, one line for each cited passage."""
    text = turn.text.strip()
    cited = proof_of(turn).cited
    sources = [f"[{each.passage.rank}] {place_words(each.passage)}: “{each.words.text}”" for each in cited]
    return "\n".join([text, "", tr("Sources"), *sources]) if sources else text
