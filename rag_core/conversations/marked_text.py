"""Words of a document in one line, with the part of them that answers."""

from __future__ import annotations

from dataclasses import dataclass

from rag_core.text.sentences import sentence_spans
from rag_core.types import Citation, Passage, Quote

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class MarkedText:
    """`text[start:end]` is marked; nothing is where the two are equal."""

    text: str
    start: int = 0
    end: int = 0

    @property
    def marked(self) -> str:
        return self.text[self.start : self.end]

    def near(self, lead: int) -> MarkedText:
        """Begins at most `lead` characters before the mark, with its sentence or else with a whole word; at its own
        beginning where the mark ends within one and a half times as many.
        """
        if self.start <= lead or self.end <= lead * 1.5 or self.start == self.end:
            return self
        begin = self._beginning(self.start - lead)
        cut = len("… ") - begin
        return MarkedText(f"… {self.text[begin:]}", self.start + cut, self.end + cut)

    def _beginning(self, earliest: int) -> int:
        for start, end in sentence_spans(self.text):
            if earliest <= start <= self.start < end:
                return start
        space = self.text.find(" ", earliest, self.start)
        return space + 1 if space >= 0 else earliest


def one_line(text: str) -> str:
    return " ".join(text.split())


def marked_line(text: str, start: int = 0, end: int = 0) -> MarkedText:
    """`text` as `one_line`, with the mark that `text[start:end]` was; white space at its ends is not marked."""
    start, end = max(0, start), max(0, min(end, len(text)))
    end = start + len(text[start:end].rstrip())
    start = end - len(text[start:end].lstrip())
    if start >= end:
        return MarkedText(one_line(text))
    before, after = one_line(text[:start]), one_line(text[end:])
    before += " " if before and text[start - 1].isspace() else ""
    after = f" {after}" if after and text[end].isspace() else after
    words = one_line(text[start:end])
    return MarkedText(f"{before}{words}{after}", len(before), len(before) + len(words))


def answer_within(passage: Passage, words: Citation | Quote | Passage) -> Span | None:
    """The part of the words that answers: characters of the page's text. A quote knows its own; else it is what the
    reader marked in the passage, as far as it lies in the words. None where nothing is marked there.
    """
    if isinstance(words, Quote) and words.answer_start is not None and words.answer_end is not None:
        return words.answer_start, words.answer_end
    if passage.answer_start is None or passage.answer_end is None:
        return None
    first, last = max(words.char_start, passage.answer_start), min(words.char_end, passage.answer_end)
    return (first, last) if first < last else None
