"""What the place of a passage is called, for everybody who shows one."""

from __future__ import annotations

from rag_core.messages import Message, literal, say
from rag_core.types import Passage


def place_of(passage: Passage) -> Message:
    """ "page 3", "sheet Fees"; nothing where the document is one piece without a name."""
    name = passage.page_label or str(passage.page)
    match passage.place:
        case "":
            return literal(passage.page_label)
        case "page":
            return say("place-page", name=name)
        case "slide":
            return say("place-slide", name=name)
        case "sheet":
            return say("place-sheet", name=name)
        case "part":
            return say("place-part", name=name)
    return say("place-other", kind=passage.place, name=name)
