"""A turn in the words that a file shows: the answer with its doubts marked, and the sources that it rests on."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath, PureWindowsPath

from rag_core.conversations.marked_text import MarkedText, answer_within, marked_line
from rag_core.conversations.places import place_of
from rag_core.conversations.records import Turn
from rag_core.conversations.table_rows import into_last_cell
from rag_core.messages import ENGLISH, Catalogue, catalogue, languages, say
from rag_core.text.language import UNKNOWN, language_of
from rag_core.types import Answer, Citation, Passage, Quote

_NEAREST_PASSAGES = 3
_NEAREST_CHARS = 300
# What XML, and so Word, refuses; nobody sees it anyway.
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """One line of the list of sources. `number` is the marker in the answer, 0 where none points to it. Its quotes are
    in quotation marks; the words are marked in them that answer.
    """

    number: int
    name: str
    place: str
    quotes: tuple[MarkedText, ...]

    @property
    def where(self) -> str:
        return ", ".join(part for part in (self.name, self.place) if part)


@dataclass(frozen=True, slots=True)
class Written:
    """`text` is Markdown. `notes` say what went wrong; `sources_title` what the list below is. `quoted` is the
    document's own sentence, where the answer is marked in it; `remark` says how the text was checked.
    """

    question: str
    asked: str
    text: str
    notes: tuple[str, ...]
    sources_title: str
    sources: tuple[SourceEntry, ...]
    quoted: SourceEntry | None = None
    remark: str = ""


def written(turn: Turn) -> Written:
    """Every text in it can stand in a file. It speaks the language of the question."""
    answer = turn.answer
    spoken = language_spoken([turn.question])
    notes = []
    if turn.problem:
        problem = one_line(spoken.words(turn.problem))
        notes.append(spoken.words(say("no-answer", why=problem)) if answer is None else problem)
    elif answer is None and not turn.stopped:
        notes.append(spoken.words(say("no-answer-yet")))
    if turn.stopped:
        notes.append(spoken.words(say("stopped-before-the-end")))
    if answer is None:
        return Written(one_line(turn.question), moment(turn.asked_ns), "", tuple(notes), "", ())
    if answer.not_found and not answer.text:
        notes.insert(0, spoken.words(say("answer-not-found")))
    sources = _nearest(answer, spoken) if answer.not_found else _cited(answer, spoken)
    title = say("nearest-there-is") if answer.not_found else say("sources")
    text = visible(_with_doubts(answer.text, answer.unsupported, spoken.words(say("mark-not-confirmed")))).strip()
    return Written(
        one_line(turn.question),
        moment(turn.asked_ns),
        text,
        tuple(notes),
        spoken.words(title) if sources else "",
        sources,
        _quoted(answer, spoken),
        _remark(answer, spoken),
    )


def language_spoken(questions: Iterable[str]) -> Catalogue:
    """That of most of the questions, where the program speaks it."""
    asked = [language_of(question) for question in questions]
    language = max(asked, key=asked.count, default=UNKNOWN)
    return catalogue(language if language in languages() else ENGLISH)


def moment(time_ns: int) -> str:
    """Date and time on this computer's clock."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(time_ns / 1_000_000_000))


def visible(text: str) -> str:
    """Without the characters that files refuse."""
    return _REFUSED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    return " ".join(visible(text).split())


def _with_doubts(text: str, unsupported: Sequence[tuple[int, int]], remark: str) -> str:
    """The remark stands behind what it is about; in a table, like a marker, in the row's last cell."""
    for start, end in sorted(unsupported, reverse=True):
        end = start + len(text[start:end].rstrip())
        text = f"{text[:end]} {remark}{text[end:]}"
    return into_last_cell(text, rf"(?:[ \t]*(?:\[\d{{1,3}}\]|{re.escape(remark)}))+[ \t]*")


def _remark(answer: Answer, spoken: Catalogue) -> str:
    """Answers of older programs do not tell how they were checked."""
    if not answer.checks or answer.not_found:
        return ""
    by_words = all(check.by == "words" for check in answer.checks)
    return spoken.words(say("all-checked-by-words") if by_words else say("all-checked"))


def _quoted(answer: Answer, spoken: Catalogue) -> SourceEntry | None:
    """An answer that is nothing but the quote says it already."""
    quote = answer.quote
    passage = next((each for each in answer.passages if quote is not None and each.rank == quote.passage), None)
    if quote is None or passage is None or not quote.answer_text or not answer.generated:
        return None
    return _entry(0, passage, [_marked(passage, quote, quote.text)], spoken)


def _marked(passage: Passage, words: Citation | Quote, text: str) -> MarkedText:
    """`text`, the words, in one line that can stand in a file."""
    first, last = answer_within(passage, words) or (words.char_start, words.char_start)
    start, end = first - words.char_start, last - words.char_start
    before, marked, after = visible(text[:start]), visible(text[start:end]), visible(text[end:])
    return marked_line(f"{before}{marked}{after}", len(before), len(before) + len(marked))


def _cited(answer: Answer, spoken: Catalogue) -> tuple[SourceEntry, ...]:
    passages = {passage.rank: passage for passage in answer.passages}
    quotes: dict[int, list[MarkedText]] = {}
    for citation in answer.citations:
        if citation.passage not in passages:
            continue
        words = _marked(passages[citation.passage], citation, citation.quote)
        if words not in quotes.setdefault(citation.passage, []):
            quotes[citation.passage].append(words)
    return tuple(_entry(rank, passages[rank], quotes[rank], spoken) for rank in sorted(quotes))


def _nearest(answer: Answer, spoken: Catalogue) -> tuple[SourceEntry, ...]:
    entries = []
    for passage in answer.passages[:_NEAREST_PASSAGES]:
        words = one_line(passage.text)
        if answer.quote is not None and answer.quote.passage == passage.rank:
            words = one_line(answer.quote.text)
        entries.append(_entry(0, passage, [MarkedText(_shortened(words))], spoken))
    return tuple(entries)


def _entry(number: int, passage: Passage, quotes: Sequence[MarkedText], spoken: Catalogue) -> SourceEntry:
    # A library may hold paths of another system: a Windows path has to be cut there, wherever this runs.
    path = PureWindowsPath(passage.path) if "\\" in passage.path and "/" not in passage.path else PurePath(passage.path)
    place = one_line(spoken.words(place_of(passage)))
    return SourceEntry(
        number, one_line(path.name), place, tuple(_in_quotation_marks(quote, spoken) for quote in quotes)
    )


def _in_quotation_marks(words: MarkedText, spoken: Catalogue) -> MarkedText:
    before, after = spoken.words(say("quoted", words="\n")).split("\n")
    return MarkedText(f"{before}{words.text}{after}", words.start + len(before), words.end + len(before))


def _shortened(text: str) -> str:
    return text if len(text) <= _NEAREST_CHARS else text[: _NEAREST_CHARS - 1].rstrip() + "…"
