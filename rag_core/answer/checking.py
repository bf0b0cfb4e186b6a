"""Is a generated sentence true to the passages? Words decide, and where there is a reader, it decides with them.

Words alone are strict (see support.py): they let pass what repeats a passage, whatever it makes of it, and refuse a
paraphrase. A reader compares meanings, and is now and then taken in by a likely sentence. So each has its say: a
sentence with a figure that the passages do not hold, or that turns their meaning round, is refused whatever the reader
thinks; one that stands in a passage word for word is proved by it; all others need the reader's assent, a clear one
where few words agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag_core.answer.focus import is_row, quote_from, widened
from rag_core.answer.support import SUPPORTED, Evidence, best_evidence, claim_of
from rag_core.text.words import content_terms, fold
from rag_core.types import Passage, Quote, SentenceCheck

# The probability, for each (sentence, evidence), that the evidence supports the sentence; None where it cannot tell.
Support = Callable[[Sequence[tuple[str, str]]], Sequence[float | None]]

_ASKS_FOR_SOMETHING = re.compile(r"\b(who|whom|whose|what|which|when|where|why|how)\b", re.IGNORECASE)
# A passage that the model named wins over another one unless that one says clearly more of the sentence.
_TRUST_IN_MARKER = 0.15
# How many passages the reader compares a sentence with: those that share most words with it.
_PASSAGES_READ = 3
# The assent that is needed where words would do by themselves, and where they would not; and the words needed at least.
_ASSENT_WITH_WORDS, _ASSENT = 0.5, 0.75
_FEWEST_WORDS = 0.3
# An answer that has so many of the words says the same.
_MOST_OF_THE_WORDS = 0.6
# Context that the reader sees around the evidence, in characters: more would be cut off.
_LONGEST_EVIDENCE = 800


@dataclass(frozen=True, slots=True)
class Verdict:
    """`proof` is what supports a sentence, None where nothing does; `probability` the reader's, None where it was not
    asked.
    """

    proof: Quote | None
    probability: float | None = None

    def check(self, start: int, end: int) -> SentenceCheck:
        """Of the sentence that stands there in the answer."""
        supported, rank = self.proof is not None, None if self.proof is None else self.proof.passage
        return SentenceCheck(
            start, end, supported, "words" if self.probability is None else "reader", self.probability, rank
        )


@dataclass(frozen=True, slots=True)
class Checker:
    """Compares sentences with the passages that were found for `question`. `support` is None where words must do."""

    passages: Sequence[Passage]
    question: str = ""
    support: Support | None = None

    def verdict(self, sentence: str, named: Sequence[int] = ()) -> Verdict:
        """`named` are the numbers of passages that the language model put behind the sentence."""
        if not self._says_something(sentence):
            return Verdict(None)
        sentence = claim_of(sentence)
        found = [(passage, best_evidence(sentence, passage.text)) for passage in self.passages]
        found.sort(key=lambda pair: -pair[1].support - (_TRUST_IN_MARKER if pair[0].rank in named else 0.0))
        by_words = [pair for pair in found if pair[1].support >= SUPPORTED]
        verbatim = [pair for pair in by_words if _stands_in(sentence, pair[0].text)]
        readable = [pair for pair in found if not pair[1].conflicts and pair[1].support > 0][:_PASSAGES_READ]
        said = None if verbatim else self._read(sentence, readable)
        if said is None:
            return Verdict(next((_quote(*pair) for pair in verbatim or by_words), None))
        supporting = [
            (probability, pair)
            for probability, pair in zip(said, readable, strict=True)
            if probability >= _needed(*pair)
        ]
        if not supporting:
            return Verdict(None, max(said))
        probability, pair = max(supporting, key=lambda one: one[0] + one[1][1].support)
        return Verdict(_quote(*pair), probability)

    def _read(self, sentence: str, found: Sequence[tuple[Passage, Evidence]]) -> list[float] | None:
        """The reader's probabilities; None where there is no reader, nothing to read, or it cannot tell."""
        if self.support is None or not found:
            return None
        said = self.support([(sentence, _in_context(passage, evidence)) for passage, evidence in found])
        known = [probability for probability in said if probability is not None]
        return known if len(known) == len(found) else None

    def _says_something(self, sentence: str) -> bool:
        """A small model sometimes hands the question back, as it is or turned round: nothing there can be proved."""
        asks = sentence.rstrip("\"'”’」）) ").endswith(("?", "？"))
        return not asks and not self._repeats_question(sentence)

    def _repeats_question(self, sentence: str) -> bool:
        """No word beyond the question's. To "Is the Oak Room free?" that can be an answer, to "Who ...?" it cannot."""
        asks_for_something = _ASKS_FOR_SOMETHING.search(self.question) is not None
        return asks_for_something and set(content_terms(sentence)) <= set(content_terms(self.question))


def holds(text: str, words: str) -> bool:
    """Whether the text says what the words say: their figures, and most of the rest, in whatever order."""
    wanted, held = set(content_terms(words)), set(content_terms(text))
    figures = {term for term in wanted if term[0].isdigit()}
    return figures <= held and len(wanted & held) >= _MOST_OF_THE_WORDS * len(wanted)


def _needed(passage: Passage, evidence: Evidence) -> float:
    """The probability from which the reader's word counts; above 1 where too few words agree for any. For the row of a
    table words are enough: readers learn from sentences.
    """
    if evidence.support >= SUPPORTED:
        return 0.0 if is_row(passage.text[evidence.start : evidence.end]) else _ASSENT_WITH_WORDS
    return _ASSENT if evidence.support >= _FEWEST_WORDS else 2.0


def _stands_in(sentence: str, text: str) -> bool:
    """Word for word, whatever the spaces, case and marks at the end."""
    bare = " ".join(fold(sentence).split()).rstrip(".!。！ ")
    return bool(bare) and bare in " ".join(fold(text).split())


def _quote(passage: Passage, evidence: Evidence) -> Quote:
    return quote_from(passage, evidence.start, evidence.end)


def _in_context(passage: Passage, evidence: Evidence) -> str:
    """With the sentence before and after it, where they are not too long: "It" needs its antecedent."""
    start, end = widened(passage.text, evidence.start, evidence.end)
    if end - start > _LONGEST_EVIDENCE:
        start, end = evidence.start, evidence.end
    return passage.text[start:end]
