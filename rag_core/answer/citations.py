"""Turns what the model says into text whose every sentence is either cited or marked as unsupported, while it streams.

A model's own `[n]` is a hint, never trusted: a number that names no passage is dropped, and each finished sentence is
compared with the passages (see checking.py). A sentence that a passage supports gets the marker of the passage that
says it, with the words that prove it as the quote. What has been streamed is never taken back: markers follow the
sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rag_core.answer.checking import Checker, Support
from rag_core.text.sentences import sentence_spans
from rag_core.types import Citation, Passage, Quote, SentenceCheck

_MARKER = re.compile(r"[ \t]*[\[［【]\s*(?:passage\s*)?(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)\s*[\]］】]", re.IGNORECASE)
_OPEN_MARKER = re.compile(r"[ \t]*[\[［【][^\]］】\n]{0,16}$")


@dataclass(slots=True)
class GroundedStream:
    """Feed pieces as they are generated; what comes back is to be shown as it is. Call `finish` once at the end.

    Afterwards `text`, `citations` and `checks` describe exactly what was returned, in character offsets of `text`.
    `support` is the reader's, None where there is none.
    """

    passages: Sequence[Passage]
    question: str = ""
    support: Support | None = None
    text: str = ""
    citations: list[Citation] = field(default_factory=list)
    checks: list[SentenceCheck] = field(default_factory=list)
    _pending: str = ""  # received, not shown yet: it may be the beginning of a marker, or white space
    _sentence_start: int = 0  # in `text`
    _named: list[int] = field(default_factory=list)

    @property
    def unsupported(self) -> list[tuple[int, int]]:
        """Where the sentences stand that no passage supports."""
        return [(check.start, check.end) for check in self.checks if not check.supported]

    def feed(self, piece: str) -> str:
        """Text to show now: possibly empty, possibly with markers that were not in `piece`."""
        return self._advance(self._pending + piece, final=False)

    def finish(self) -> str:
        """The rest, and the last sentence's marker."""
        shown = self._advance(self._pending.rstrip(), final=True)
        return shown + self._close_sentence()

    def add_quote(self, text: str, quote: Quote) -> str:
        """Append `text`, which holds the document's own words, with their marker; returns what was added."""
        before = len(self.text)
        self.text += text
        self._cite(quote)
        self._sentence_start = len(self.text)
        return self.text[before:]

    def _advance(self, received: str, final: bool) -> str:
        shown_before = len(self.text)
        held = "" if final else self._held_back(received)
        body = received[: len(received) - len(held)]
        position = 0
        for marker in _MARKER.finditer(body):
            self._show(body[position : marker.start()])
            self._named += [int(n) for n in re.findall(r"\d+", marker.group(1))]
            position = marker.end()
        self._show(body[position:])
        self._pending = held
        return self.text[shown_before:]

    def _held_back(self, received: str) -> str:
        opening = _OPEN_MARKER.search(received)
        if opening:
            return opening.group()
        return received[len(received.rstrip()) :]

    def _show(self, text: str) -> None:
        """Append text; a sentence is closed, marker and all, in front of what follows it."""
        for line in re.split(r"(\n+)", text):
            if line.startswith("\n"):
                self._close_sentence()
                self.text += line
                self._sentence_start = len(self.text)
            else:
                self._show_line(line)

    def _show_line(self, line: str) -> None:
        while line:
            shown = len(self.text) - self._sentence_start
            candidate = self.text[self._sentence_start :] + line
            spans = sentence_spans(candidate)
            boundary = max(shown, spans[0][1]) if len(spans) > 1 else len(candidate)
            self.text += candidate[shown:boundary]
            line = candidate[boundary:]
            if line:
                self._close_sentence()

    def _close_sentence(self) -> str:
        """Compare the open sentence with the passages; returns the marker that was added, if any."""
        start, end = self._sentence_start, len(self.text)
        bare = self.text[start:end].lstrip()
        sentence = bare.rstrip()
        named, self._named = self._named, []
        added = ""
        if any(c.isalnum() for c in sentence):
            verdict = Checker(self.passages, self.question, self.support).verdict(sentence, named)
            self.checks.append(verdict.check(end - len(bare), end))
            added = "" if verdict.proof is None else self._cite(verdict.proof)
        self._sentence_start = len(self.text)
        return added

    def _cite(self, quote: Quote) -> str:
        """Append the marker of what `quote` proves; returns it, with the space before it."""
        marker = f" [{quote.passage}]"
        start = len(self.text) + 1
        self.text += marker
        self.citations.append(
            Citation(quote.passage, quote.text, quote.page, quote.char_start, quote.char_end, start, len(self.text))
        )
        return marker
