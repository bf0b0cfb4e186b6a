"""The language of a text, as a value: of a document when it is added, of a question when it is asked.

First the script: most belong to one language, or to a few. Those that share Latin, Cyrillic or Arabic letters are told
apart by py3langid, which is loaded when it is first needed (0.2 s and 11 MB). Where it is not sure, nobody
knows: a code, a name, a word that stands in many languages. A text in a language that is not known is handled as if
every model knew it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NewType

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

Language = NewType("Language", str)  # a code of ISO 639: "en"
UNKNOWN = Language("")

_SAMPLE_CHARS, _PART_CHARS = 4000, 200
# What py3langid makes of 300 short questions in ten languages: of a sentence the first suffices to call no English one
# foreign. One or two words may be anything, and a page in one language leaves no doubt.
_SURE_OF_A_SENTENCE, _SURE = 0.4, 0.75
_SENTENCE_WORDS = range(3, 10)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_KANA = "\u3040-\u30ff"


@dataclass(frozen=True, slots=True)
class Script:
    """`run` matches what stands between spaces; where words are not spaced, `word_chars` letters count as one.

    `languages`, with their own names, are told apart. Where they cannot be, the first is meant, if it `stands_for_all`.
    """

    run: str
    languages: Mapping[str, str]
    word_chars: int = 0
    stands_for_all: bool = True

    def choice(self, usual: Language) -> Language:
        """Where the text leaves it open."""
        if not self.stands_for_all:
            return UNKNOWN
        return usual if usual in self.languages else Language(next(iter(self.languages)))


_IN_LATIN = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "pt": "Português",
    "nl": "Nederlands",
    "pl": "Polski",
    "sv": "Svenska",
    "da": "Dansk",
    "no": "Norsk",
    "fi": "Suomi",
    "tr": "Türkçe",
    "cs": "Čeština",
    "sk": "Slovenčina",
    "hu": "Magyar",
    "ro": "Română",
    "hr": "Hrvatski",
    "sl": "Slovenščina",
    "et": "Eesti",
    "lv": "Latviešu",
    "lt": "Lietuvių",
    "ca": "Català",
    "vi": "Tiếng Việt",
    "id": "Bahasa Indonesia",
}
_IN_CYRILLIC = {
    "ru": "Русский",
    "uk": "Українська",
    "be": "Беларуская",
    "bg": "Български",
    "sr": "Српски",
    "mk": "Македонски",
}
# A language with letters of its own is one row.
SCRIPTS = [
    Script("[A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ]+", _IN_LATIN, stands_for_all=False),
    Script(f"[{_HAN}]*[{_KANA}][{_KANA}{_HAN}]*", {"ja": "日本語"}, word_chars=2),
    Script(f"[{_HAN}]+", {"zh": "中文", "ja": "日本語"}, word_chars=2),
    Script("[\u1100-\u11ff\uac00-\ud7af]+", {"ko": "한국어"}),
    Script("[\u0400-\u052f]+", _IN_CYRILLIC),
    Script("[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]+", {"ar": "العربية", "fa": "فارسی", "ur": "اردو"}),
    Script("[\u0370-\u03ff\u1f00-\u1fff]+", {"el": "Ελληνικά"}),
    Script("[\u0590-\u05ff]+", {"he": "עברית"}),
    Script("[\u0900-\u097f]+", {"hi": "हिन्दी"}),
    Script("[\u0e00-\u0e7f]+", {"th": "ไทย"}, word_chars=5),
]


def name_of(language: Language) -> str:
    """Its own: whoever asks in a language reads it."""
    return next((script.languages[language] for script in SCRIPTS if language in script.languages), language)


def language_of(text: str, *usual: Language) -> Language:
    """What `text` is written in. Where the text itself leaves it open, the first of `usual` that it can be is meant."""
    sample = text[:_SAMPLE_CHARS]
    script = _script_of(sample)
    if script is None:
        return UNKNOWN
    if len(script.languages) == 1:
        return script.choice(UNKNOWN)
    meant = next((language for language in usual if language in script.languages), UNKNOWN)
    found = _by_spelling(sample) if "zh" in script.languages else _told_apart(sample, script, meant)
    return found or script.choice(meant)


def language_within(text: str, document: Language) -> Language:
    """What a part of a document is written in: the document's language, where that is written in such letters."""
    script = _script_of(text[:_PART_CHARS])
    return document if document and (script is None or document in script.languages) else language_of(text)


def _script_of(text: str) -> Script | None:
    """The one that most words are in; None where there are none."""
    words = [0.0] * len(SCRIPTS)
    for run in _any_run(tuple(script.run for script in SCRIPTS)).finditer(text):
        at = (run.lastindex or 1) - 1
        length = SCRIPTS[at].word_chars
        words[at] += len(run.group()) / length if length else 1
    most, at = max((words, at) for at, words in enumerate(words))
    return SCRIPTS[at] if most else None


@cache
def _any_run(runs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"({run})" for run in runs))


def _by_spelling(text: str) -> Language:
    """Japanese has characters of its own ("営"), and so have both ways to write Chinese; many are shared."""
    han = "".join(re.findall(f"[{_HAN}]", text))
    if not _can_be_spelled(han, "gb2312") and not _can_be_spelled(han, "big5") and _can_be_spelled(han, "euc_jp"):
        return Language("ja")
    return UNKNOWN if _can_be_spelled(han, "euc_jp") else Language("zh")


def _can_be_spelled(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _told_apart(text: str, script: Script, usual: Language) -> Language:
    """`usual` where py3langid is not sure, and takes it for half as likely as the likeliest; else UNKNOWN."""
    words = [match.group() for match in _WORD.finditer(text.lower() if text.isupper() else text)]
    without_names = words[:1] + [word for word in words[1:] if not word[0].isupper()]
    if len(without_names) == 1 < len(words):
        return UNKNOWN  # names only
    likelihoods = dict(_likelihoods(" ".join(without_names), script.languages))
    likeliest = max(likelihoods, key=lambda language: likelihoods[language])
    leaves_room = script.stands_for_all or len(without_names) not in _SENTENCE_WORDS
    if likelihoods[likeliest] >= (_SURE if leaves_room else _SURE_OF_A_SENTENCE):
        return Language(likeliest)
    return usual if likelihoods.get(usual, 0.0) * 2 >= likelihoods[likeliest] else UNKNOWN


def _likelihoods(text: str, languages: Iterable[str]) -> Iterator[tuple[str, float]]:
    """Of all languages that are told apart, those of `languages`. A long text's evidence is not independent: divided by
    the root of its length it is as sure of a page as of a sentence."""
    identifier = _identifier()
    scores = identifier.nb_classprobs(identifier.instance2fv(text)) / math.sqrt(len(text.encode()))
    odds = {code: math.exp(score) for code, score in zip(identifier.nb_classes, scores - scores.max(), strict=True)}
    whole = sum(odds.values())
    return ((language, odds.get(language, 0.0) / whole) for language in languages)


@cache
def _identifier() -> LanguageIdentifier:
    """It knows 97 languages: fewer are told apart better, and faster."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_pickled_model(MODEL_FILE)
    shared = {language for script in SCRIPTS if len(script.languages) > 1 for language in script.languages}
    identifier.set_languages(sorted(shared.intersection(identifier.nb_classes)))
    return identifier


@dataclass(frozen=True, slots=True)
class Languages:
    """Those that a model knows: all, where its pack names none."""

    codes: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> Languages:
        """What the manifest of a pack says; "pt-BR" is Portuguese."""
        return cls(frozenset(str(code).partition("-")[0] for code in spec.get("languages", ())))

    def knows(self, language: Language) -> bool:
        return not language or not self.codes or language in self.codes
