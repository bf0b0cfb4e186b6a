"""A reader without weights: it finds answers by words, deterministically, so that tests can foresee what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rag_core.progress import CancelToken
from rag_core.text.sentences import sentence_spans
from rag_core.text.words import content_terms
from rag_core.types import Reading


@dataclass
class FakeReader:
    """As a `Reader`. A text is as relevant as it holds the question's words. Its answer are the words between
    the first and the last that the question does not have, in the sentence that holds most of the question's.

    `supports` gives the probability for (sentence, evidence). At most `reads` texts are read, the others are left.
    """

    supports: Callable[[str, str], float] = lambda sentence, evidence: _share(sentence, evidence)
    reads: int = 100
    pack_id: str = "fake-reader"
    provider: str = "fake"
    reason: str = ""
    asked: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    checked: list[tuple[str, str]] = field(default_factory=list)

    def read(
        self, question: str, texts: Sequence[tuple[str, str]], cancel: CancelToken | None = None
    ) -> list[Reading | None]:
        if cancel is not None:
            cancel.raise_if_cancelled()
        self.asked.append((question, list(texts)))
        return [_read(question, text) if at < self.reads else None for at, (_, text) in enumerate(texts)]

    def support(self, pairs: Sequence[tuple[str, str]], cancel: CancelToken | None = None) -> list[float]:
        if cancel is not None:
            cancel.raise_if_cancelled()
        self.checked += pairs
        return [self.supports(sentence, evidence) for sentence, evidence in pairs]


def _read(question: str, text: str) -> Reading:
    asked = frozenset(content_terms(question))
    shares = {span: _held(asked, text[slice(*span)]) for span in sentence_spans(text)}
    start, end = max(shares, key=lambda span: shares[span], default=(0, 0))
    sure = shares.get((start, end), 0.0)
    answer = _new_words(asked, text, start, end)
    return Reading(sure) if sure < 0.5 or answer is None else Reading(sure, answer, sure)


def _new_words(known: frozenset[str], text: str, start: int, end: int) -> tuple[int, int] | None:
    places: list[tuple[int, int]] = []
    position = start
    for word in text[start:end].split():
        at = text.index(word, position)
        position = at + len(word)
        bare = word.rstrip(".,;:!?")
        if set(content_terms(bare)) - known:
            places.append((at, at + len(bare)))
    return (places[0][0], places[-1][1]) if places else None


def _share(question: str, text: str) -> float:
    return _held(frozenset(content_terms(question)), text)


def _held(wanted: frozenset[str], text: str) -> float:
    return len(wanted.intersection(content_terms(text))) / len(wanted) if wanted else 0.0
