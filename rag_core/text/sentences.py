"""Where sentences begin and end, in English and Japanese alike.

Rules, no model: a sentence ends after 。！？ or after . ! ? (with closing quotes) before white space, or at a blank
line. A full stop does not end a sentence after a known abbreviation, a single initial ("J. Smith"), a list number at
the start of the line ("3. Payment"), or before a lower-case letter.
"""

from __future__ import annotations

import re

_CANDIDATE = re.compile(
    r"[。！？]+[」』）”]*"  # Japanese: no space follows
    r"|[.!?]+[\"'”’)\]]*(?=\s|$)"  # Latin: white space follows
    r"|\n[ \t\r]*\n"  # a blank line ends whatever stood before it
)
_LAST_WORD = re.compile(r"(\S+)$")
_LIST_NUMBER = re.compile(r"(?:^|\n)[ \t]*[(]?(?:\d{1,3}|[A-Za-z])$")
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st sr jr vs no nos art arts sec ch cl para fig figs p pp vol ed eds cf al etc approx dept est "
    "inc ltd co corp e.g i.e a.m p.m u.s u.k jan feb mar apr jun jul aug sep sept oct nov dec".split()
)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Half-open, ordered, non-overlapping ranges; each is non-empty and neither starts nor ends with white space."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _CANDIDATE.finditer(text):
        if match.group()[0] == "." and not _ends_sentence(text, start, match):
            continue
        _append_stripped(spans, text, start, match.end())
        start = match.end()
    _append_stripped(spans, text, start, len(text))
    return spans


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    following = text[match.end() : match.end() + 40].lstrip()
    if following[:1].islower():
        return False
    before = text[max(start, match.start() - 40) : match.start()]
    if _LIST_NUMBER.search(before):
        return False
    last = _LAST_WORD.search(before)
    if last is None:
        return True
    word = last.group(1).strip("(\"'“").lower()
    is_initial = len(word) == 1 and word.isalpha()
    return not is_initial and word not in _ABBREVIATIONS


def _append_stripped(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))
