"""From where tokens lie to words that a person would mark: never half a word, a number or a letter and its accent."""

from __future__ import annotations

import unicodedata

from rag_core.text.words import is_cjk

_PAIRS = {"(": ")", "[": "]", "{": "}", "“": "”", "„": "“", "‘": "’", "«": "»", "‹": "›", "「": "」", "『": "』"}
_OPENED_BY = {closing: opening for opening, closing in _PAIRS.items() if opening != "„"}
_SAME = "\"'"  # quotation marks that open and close
_LOOSE = ",;:!?…·、。，；：！？–—-"  # says nothing at either end of an answer
_IN_NUMBERS = ".,:"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_JOINER = "\u200d"

Span = tuple[int, int]


def tidy(text: str, span: Span) -> Span | None:
    """`span` of `text` grown to whole words, then without white space, loose punctuation and half or whole pairs of
    brackets and quotation marks around it. None where nothing is left.
    """
    start, end = span
    while 0 < start < len(text) and _belong_together(text, start):
        start -= 1
    while 0 < end < len(text) and _belong_together(text, end):
        end += 1
    while True:
        smaller = _less(text, start, end)
        if smaller == (start, end):
            return (start, end) if start < end else None
        start, end = smaller


def _belong_together(text: str, at: int) -> bool:
    """Whether a cut before `text[at]` would go through a word, a number or a drawn character."""
    before, after = text[at - 1], text[at]
    if unicodedata.category(after).startswith("M") or _JOINER in (before, after) or ord(after) in _SKIN_TONES:
        return True
    if ord(before) in _FLAG_LETTERS and ord(after) in _FLAG_LETTERS:
        return True
    if before.isalnum() and after.isalnum():
        return not (is_cjk(before) or is_cjk(after))
    if before.isdigit() and after in _IN_NUMBERS:
        return text[at + 1 : at + 2].isdigit()
    return before in _IN_NUMBERS and after.isdigit() and text[max(0, at - 2) : at - 1].isdigit()


def _less(text: str, start: int, end: int) -> Span:
    """One step smaller, or the same."""
    if start >= end:
        return start, end
    first, last, inner = text[start], text[end - 1], text[start:end]
    if first.isspace() or first in _LOOSE or _opens_nothing(first, inner):
        return start + 1, end
    if last.isspace() or last in _LOOSE or _closes_nothing(last, inner) or _is_full_stop(inner):
        return start, end - 1
    if end - start > 1 and _wraps(inner):
        return start + 1, end - 1
    return start, end


def _opens_nothing(first: str, inner: str) -> bool:
    if first in _SAME:
        return inner.count(first) % 2 == 1
    if first in _PAIRS:
        return inner.count(first) > inner.count(_PAIRS[first])
    if first == ".":  # of “.NET” and “.5” it is a part
        return not inner[1:2].isalnum()
    return first in _OPENED_BY and inner.count(first) > inner.count(_OPENED_BY[first])


def _closes_nothing(last: str, inner: str) -> bool:
    if last in _SAME:
        return inner.count(last) % 2 == 1
    if last in _OPENED_BY:
        return inner.count(last) > inner.count(_OPENED_BY[last])
    return last in _PAIRS and inner.count(last) > inner.count(_PAIRS[last])


def _is_full_stop(inner: str) -> bool:
    """Not the point of an abbreviation (“U.S.”, “p. m.”, “B.”)."""
    if not inner.endswith("."):
        return False
    word = inner[:-1].split()[-1:]
    return not word or not ("." in word[0] or (len(word[0]) == 1 and word[0].isalpha()))


def _wraps(inner: str) -> bool:
    """Whether the first character and the last are one pair around all the rest."""
    first, last = inner[0], inner[-1]
    if first in _SAME:
        return first == last and inner.count(first) == 2
    if _PAIRS.get(first) != last:
        return False
    depth = 0
    for at, character in enumerate(inner):
        depth += (character == first) - (character == last)
        if depth == 0:
            return at == len(inner) - 1
    return False
