"""Where the source pane is asked to look."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceTarget:
    """A place in a document: the passage, and inside it the words that prove (`quote_*`, equal where there are none).

    `answer_*` are the words among these that answer; equal where nobody marked them. Offsets are into the stored text
    of that page, half open. `label` names the place ("[1]" or "passage 2").
    """

    library: str
    document_id: str
    path: str
    title: str
    page: int
    char_start: int
    char_end: int
    quote_start: int = 0
    quote_end: int = 0
    label: str = ""
    answer_start: int = 0
    answer_end: int = 0
    media_type: str = ""
