"""How sure the reader is, in plain words; its figure is for those who look closely."""

from __future__ import annotations

from app.kit.text import tr
from rag_core.types import Quote

_LIKELY, _DOUBTFUL = 0.8, 0.5


def sure_words(quote: Quote) -> str:
    """Of the marked words; empty where nothing is to be said beyond the mark itself."""
    if quote.confidence is None:
        return ""
    if quote.confidence >= _LIKELY:
        return tr("very likely the answer")
    return tr("perhaps the answer") if quote.confidence < _DOUBTFUL else ""


def sureness_tip(quote: Quote) -> str:
    """The reader's estimate as a figure; empty where it gave none."""
    if quote.confidence is None:
        return ""
    percent = f"{quote.confidence * 100:.0f}"
    return tr("The reader's estimate that the marked words answer: {percent} %", percent=percent)
