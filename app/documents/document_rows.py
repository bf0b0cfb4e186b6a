"""One row of the documents table, and how rows are matched and ordered: plain data, no Qt."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Literal

from rag_core.ingest.formats.registry import by_suffix, format_of
from rag_core.messages import NOTHING, Message, joined
from rag_core.types import Document

RowState = Literal["queued", "reading", "keyword_searchable", "searchable", "failed"]
StateFilter = Literal["all", "searchable", "in_work", "failed"]
SortKey = int | str

STATE_ORDER: dict[RowState, int] = {"failed": 0, "reading": 1, "queued": 2, "keyword_searchable": 3, "searchable": 4}
SHOWN_BY: dict[StateFilter, frozenset[RowState]] = {
    "all": frozenset(STATE_ORDER),
    "searchable": frozenset({"searchable", "keyword_searchable"}),
    "in_work": frozenset({"queued", "reading", "keyword_searchable"}),
    "failed": frozenset({"failed"}),
}
_DIGITS = re.compile(r"\d+")
_PIECE = 2_000  # rows between two pauses: a few milliseconds


@dataclass(slots=True, eq=False)
class DocumentRow:
    """A file as the table shows it. `position` is where it stands on the screen, -1 while it is filtered out.

    `before` is what a file was before it was queued again, so that a stop can put it back.
    """

    path: str
    name: str
    folder: str
    icon: str
    name_key: str
    search_text: str
    state: RowState = "queued"
    reason: Message = NOTHING
    document_id: str = ""
    media_type: str = ""
    size_bytes: int = -1
    pages: int = 0
    modified_ns: int = 0
    position: int = -1
    listing: int = 0
    round: int = 0
    gone: bool = False
    before: RowState | None = field(default=None)


def row_of(path: str) -> DocumentRow:
    folder, name = os.path.split(path)
    folder = sys.intern(folder)
    plain = folded(name)
    suffix = name.rpartition(".")[2]
    return DocumentRow(
        path=path,
        name=name,
        folder=folder,
        icon=by_suffix(f".{suffix}").icon,
        name_key=_DIGITS.sub(_padded, plain),
        search_text=f"{plain}\n{folded(folder)}",
    )


def fill(row: DocumentRow, document: Document) -> None:
    row.document_id = document.document_id
    row.media_type = document.media_type
    row.icon = format_of(document.path, document.media_type).icon
    row.state = document.state
    row.reason = document.reason or joined(document.warnings)
    row.size_bytes = document.size_bytes
    row.pages = document.pages
    row.modified_ns = document.modified_ns
    row.before = None


def folded(text: str) -> str:
    """For comparing: full-width letters, capitals and the two ways of writing an accent make no difference."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).casefold()


def _padded(digits: re.Match[str]) -> str:
    return digits.group().zfill(10)  # "contract 2" before "contract 10"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows, in which order. `state_words` are what each state is called, folded, in the person's language."""

    words: tuple[str, ...] = ()
    states: frozenset[RowState] = SHOWN_BY["all"]
    column: str = "name"
    descending: bool = False
    state_words: dict[RowState, str] = field(default_factory=dict)

    def keeps(self, row: DocumentRow) -> bool:
        if row.state not in self.states:
            return False
        if not self.words:
            return True
        state = self.state_words.get(row.state, "")
        return all(word in row.search_text or word in state for word in self.words)

    @property
    def key(self) -> Callable[[DocumentRow], SortKey]:
        return _KEYS[self.column]


def _state_key(row: DocumentRow) -> int:
    return STATE_ORDER[row.state]


_KEYS: dict[str, Callable[[DocumentRow], SortKey]] = {
    "name": attrgetter("name_key"),
    "state": _state_key,
    "size": attrgetter("size_bytes"),
    "pages": attrgetter("pages"),
    "changed": attrgetter("modified_ns"),
}
by_name = _KEYS["name"]


def arrange(rows: Sequence[DocumentRow], wanted: Wanted, round_number: int) -> Generator[None, None, list[DocumentRow]]:
    """The rows that are wanted, in order; each is marked with the round. `rows` come by name, which decides ties.

    Pauses (yields) every few milliseconds. Sorted pieces are merged at the end: Python's sort recognises runs that are
    in order already, and keys that are plain numbers or text cost no garbage.
    """
    kept: list[DocumentRow] = []
    for start in range(0, len(rows), _PIECE):
        piece = [row for row in rows[start : start + _PIECE] if wanted.keeps(row)]
        for row in piece:
            row.round = round_number
        if wanted.column != "name":
            piece.sort(key=wanted.key, reverse=wanted.descending)
        kept += piece
        yield
    if wanted.column != "name":
        kept.sort(key=wanted.key, reverse=wanted.descending)
    elif wanted.descending:
        kept.reverse()
    yield
    return kept
