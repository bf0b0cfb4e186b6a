"""How a format calls the places of a document: pages, slides, sheets, or parts that only Alcove has cut."""

from __future__ import annotations

from typing import Literal

from rag_core.types import Passage

PlaceKind = Literal["page", "slide", "sheet", "part", "named", ""]
_PAGED = (".pdf",)
_SLIDES = (".pptx", ".pptm", ".ppsx")
_SHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


def place_of(passage: Passage) -> tuple[PlaceKind, str]:
    """What kind of place the passage stands in, and its number or name; "" twice where the document is one piece."""
    path = passage.path.lower()
    if path.endswith(_PAGED):
        return "page", passage.page_label or str(passage.page)
    if path.endswith(_SLIDES):
        return "slide", str(passage.page)
    if path.endswith(_SHEETS):
        return "sheet", passage.page_label or str(passage.page)
    if passage.page_label:
        return "named", passage.page_label
    return ("part", str(passage.page)) if passage.page > 1 else ("", "")
