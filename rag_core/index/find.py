"""Finds a text in the pages of one document: capitals, full-width forms and line ends make no difference."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter

from rag_core.index import reading
from rag_core.storage.connection import Connection
from rag_core.types import TextMatch

# What joins with the character before it: accents, voiced marks (full and half width), vowels of Korean letters.
_MARKS = "\u0300-\u036f\u3099\u309a\uff9e\uff9f\u1160-\u11ff"
_MARK = re.compile(f"[{_MARKS}]")
# Scripts without spaces: a line may end between any two of these.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff]")


class _Folding(dict[int, str]):
    """A table for `str.translate` that fills itself: one character to its plain spelling."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _plain(chr(code))
        return folded


@dataclass(frozen=True, slots=True)
class _Folded:
    """The plain spelling of a text. `odd`: (start, end) in it and (start, end) in the text, where lengths may differ.

    Everything between two odd places is as long in the one as in the other.
    """

    text: str
    odd: tuple[tuple[int, int, int, int], ...] = ()

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The range of the text; part of a ligature stands for all of it."""
        if not self.odd:
            return start, end
        _, first_end, original_start, original_end = self._before(start)
        begin = original_start if start < first_end else original_end + start - first_end
        _, last_end, _, original_end = self._before(end - 1)
        return begin, original_end if end - 1 < last_end else original_end + end - last_end

    def _before(self, place: int) -> tuple[int, int, int, int]:
        index = bisect_right(self.odd, place, key=itemgetter(0)) - 1
        return self.odd[index] if index >= 0 else (0, 0, 0, 0)


def find_text(connection: Connection, document_id: str, text: str, limit: int = 2000) -> tuple[TextMatch, ...]:
    """Where `text` stands in a document, in reading order. Offsets are exact in `page.text`."""
    return find(reading.page_texts(connection, document_id), text, limit)


def find(pages: Iterable[tuple[int, str]], text: str, limit: int) -> tuple[TextMatch, ...]:
    """Matches in the order of `pages` (number, text), exact in the text as it is; at most `limit`, not overlapping."""
    pattern = _pattern(text)
    if pattern is None:
        return ()
    table = _Folding()
    found: list[TextMatch] = []
    for number, page in pages:
        folded = _folded(page, table)
        for match in pattern.finditer(folded.text):
            if len(found) == limit:
                return tuple(found)
            found.append(TextMatch(number, *folded.original(*match.span())))
    return tuple(found)


def _pattern(text: str) -> re.Pattern[str] | None:
    """None when there is nothing to look for."""
    words = _folded(text, _Folding()).text.split()
    return re.compile(r"\s+".join(_word(word) for word in words)) if words else None


def _word(word: str) -> str:
    pieces = [re.escape(word[0])]
    for before, character in pairwise(word):
        if _UNSPACED.match(before) and _UNSPACED.match(character):
            pieces.append("\n?")
        pieces.append(re.escape(character))
    return "".join(pieces)


def _folded(text: str, table: _Folding) -> _Folded:
    if text.isascii():
        return _Folded(text.lower())
    if unicodedata.is_normalized("NFKC", text) and len(folded := text.casefold()) == len(text):
        return _Folded(folded)  # no character becomes nothing, so each became one
    marked = _MARK.search(text) is not None
    if not marked:
        folded = text.translate(table)
        if len(folded) == len(text):
            return _Folded(folded)
    changing = "".join(sorted(character for character in set(text) if len(table[ord(character)]) != 1))
    alternatives = [f".[{_MARKS}]+"] * marked + [f"[{re.escape(changing)}]"] * bool(changing)
    pieces: list[str] = []
    odd: list[tuple[int, int, int, int]] = []
    at = length = 0
    for match in re.finditer("|".join(alternatives), text, re.DOTALL):
        piece = _plain(match[0])
        pieces += (text[at : match.start()].translate(table), piece)
        length += match.start() - at
        odd.append((length, length + len(piece), *match.span()))
        length, at = length + len(piece), match.end()
    return _Folded("".join([*pieces, text[at:].translate(table)]), tuple(odd))


def _plain(character: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).casefold())
