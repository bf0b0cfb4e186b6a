"""The words that carry a sentence's meaning, for checking one sentence against another.

Latin words are folded (NFKC, case, accents, plural and verb endings cut roughly); numbers keep their digits only, so
that "1,200" and "1200" agree; Chinese, Japanese and Korean runs become overlapping pairs of characters.
"""

from __future__ import annotations

import re
import unicodedata

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"
_TOKEN = re.compile(rf"\d[\d,.]*\d|\d|[{_CJK}]+|[^\W\d_{_CJK}]+(?:['’][^\W\d_]+)?")
_IS_CJK = re.compile(rf"[{_CJK}]")
_HIRAGANA_ONLY = re.compile(r"[\u3040-\u309f]+$")
_STOP_WORDS = frozenset(
    "a about after again all also am an and any are as at be because been before being both but by can could did do "
    "does doing down during each few for from further had has have having he her here hers him his how i if in into is "
    "it its just me more most my no nor not now of off on once only or other our out over own per same she should so "
    "some such than that the their them then there these they this those through to too under until up upon us very "
    "was we were what when where which while who whom whose why will with within would you your yes tell please many "
    "much long often according".split()
)
_ENDINGS = ("ings", "ing", "ies", "ied", "ed", "es", "s", "ly", "e", "y")
_MIN_STEM = 3


def content_terms(text: str) -> list[str]:
    """Terms in order, repeated as they occur; stop words and purely grammatical Japanese pairs are left out."""
    terms: list[str] = []
    for match in _TOKEN.finditer(fold(text)):
        token = match.group()
        if token[0].isdigit():
            terms.append(token.replace(",", "").rstrip("."))
        elif _IS_CJK.match(token):
            terms.extend(_pairs(token))
        elif token not in _STOP_WORDS:
            terms.append(_stem(token))
    return terms


def fold(text: str) -> str:
    """Case, width and accents away: "Ｃａｆé" becomes "cafe". Voiced Japanese kana stay whole."""
    if text.isascii():  # most text, and fifty times as fast
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(c for c in decomposed if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFKC", bare)


def is_cjk(text: str) -> bool:
    """Whether most letters of a text are Chinese, Japanese or Korean."""
    letters = sum(c.isalpha() for c in text)
    return letters > 0 and len(_IS_CJK.findall(text)) * 2 > letters


def _pairs(run: str) -> list[str]:
    if len(run) == 1:
        return [run]
    pairs = [run[i : i + 2] for i in range(len(run) - 1)]
    return [pair for pair in pairs if not _HIRAGANA_ONLY.match(pair)]


def _stem(word: str) -> str:
    word = word.split("'")[0].split("’")[0]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_STEM:
            return word[: -len(ending)]
    return word
