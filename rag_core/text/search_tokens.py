"""How text becomes the words of the keyword index, and how a question becomes words to look for.

Scripts that put spaces between words go to FTS5 as they are (folded by NFKC and casefold; FTS5 removes diacritics and
stems English by Porter's algorithm). Runs of scripts without spaces (Chinese, Japanese, Thai ...) and of Korean, whose
particles cling to words, are written as overlapping pairs of characters, with the last character alone: 東京都 becomes
東京 京都 都. Every character then begins exactly one word, so a single character is found as a prefix.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

TOKENS_VERSION = "1"

# Thai, Lao, Myanmar, Khmer; Hangul letters; kana; Han with its iteration and number signs; Hangul syllables; rare Han.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff"
    "\u3005-\u3007\u3040-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003134f"
)
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
_HIRAGANA_ONLY = re.compile("[\u3040-\u309fー]+")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a question. `weak` words (articles, particles) are looked for only when there is nothing else."""

    text: str
    weak: bool = False
    prefix: bool = False

    @property
    def match(self) -> str:
        """The word in FTS5's query language. Words hold letters and digits only, so quoting is complete."""
        return f'"{self.text}"*' if self.prefix else f'"{self.text}"'


def fold(text: str) -> str:
    """One spelling for what looks the same: full-width forms, ligatures, upper case."""
    return text.casefold() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def index_text(text: str) -> str:
    """What FTS5 is given for `text`."""
    folded = fold(text)
    return folded if folded.isascii() else _UNSPACED_RUN.sub(_pairs, folded)


def _pairs(run: re.Match[str]) -> str:
    text = run.group()
    return f" {' '.join(text[i : i + 2] for i in range(len(text)))} "


def question_terms(question: str) -> list[Term]:
    """The distinct words of a question, in order."""
    folded = fold(question)
    terms: dict[str, Term] = {}
    at = 0
    for run in _UNSPACED_RUN.finditer(folded):
        _add_words(folded[at : run.start()], terms)
        _add_pairs(run.group(), terms)
        at = run.end()
    _add_words(folded[at:], terms)
    return list(terms.values())


def _add_words(text: str, terms: dict[str, Term]) -> None:
    for word in _WORD.findall(text):
        terms.setdefault(word, Term(word, weak=word in _ENGLISH_WEAK))


def _add_pairs(run: str, terms: dict[str, Term]) -> None:
    if len(run) == 1:
        terms.setdefault(run, Term(run, weak=_HIRAGANA_ONLY.fullmatch(run) is not None, prefix=True))
    for at in range(len(run) - 1):
        pair = run[at : at + 2]
        terms.setdefault(pair, Term(pair, weak=_HIRAGANA_ONLY.fullmatch(pair) is not None))


_ENGLISH_WEAK = frozenset(
    """a about above after again all also am an and any are as at be because been before being between both but by can
    could did do does doing during each few for from further had has have having he her here hers him his how i if in
    into is it its itself just ll me more most my no nor not of off on once only or other our ours out over own please
    re s same shall she should so some such t tell than that the their theirs them then there these they this those
    through to too under until up upon us ve very was we were what when where which while who whom whose why will with
    would you your yours""".split()
)
