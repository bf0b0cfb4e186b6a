"""What is known of a family of files before any of them is opened. One value describes it for the whole program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag_core.messages import NOTHING, Message

View = Literal["text", "pages", "sheet"]


@dataclass(frozen=True, slots=True)
class Format:
    """Files that one parser reads, or that are known only to be told what they are: those have a `name`, no `parser`.

    `parser` is the import path of a module that keeps the law of `Parser`; it is loaded where files are read.
    `suffixes` (with their dot, in lower case) are what adding a folder takes; `media_types` what its documents are
    stored as, the usual one first; `magic` how files begin that this program does not read. `place` is what a page of
    it is called, unless the parser knows better: "page", "slide", "sheet", "part" (cut by this program alone), or a
    word of its own. `view` and `icon`
    are how the window shows it, `group` what a person narrows a search to.
    """

    suffixes: tuple[str, ...]
    media_types: tuple[str, ...] = ()
    parser: str = ""
    place: str = "part"
    view: View = "text"
    icon: str = "file-text"
    group: str = "other"
    name: Message = NOTHING
    magic: tuple[bytes, ...] = ()
