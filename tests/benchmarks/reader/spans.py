"""How well the reader marks the words that answer, and tells that a passage does not: each asked about its own passage.

F1 and exact match are SQuAD's. "Forced" takes the likeliest words whatever the reader thinks of them; "as marked" is
what a person sees, where marking nothing is right for a question without an answer. Sets other than SQuAD 2.0 know one
answer a question, so another way of saying it counts as half wrong; "one answer" is the same measure for SQuAD 2.0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag_core.evaluate import metrics
from rag_core.read.decoding import Judgement, probability
from rag_core.read.reader import Reader
from tests.benchmarks.reader.figures import Figure, between
from tests.benchmarks.reader.official import exact, f1
from tests.benchmarks.reader.questions import OTHER_HALF, Read, sample

HALF = "squad2_dev_half"


@dataclass(frozen=True, slots=True)
class Answered:
    """A question, and what the reader says of its passage."""

    asked: Read
    said: Judgement
    sure: float

    @property
    def best(self) -> str:
        return self.asked.passage[slice(*self.said.span)] if self.said.span else ""

    @property
    def marked(self) -> str:
        return self.best if self.said.marked else ""


def measure(questions: Iterable[Read], reader: Reader, count: int) -> dict[str, list[Answered]]:
    """By set; up to `count` questions that have an answer, and as many that have none."""
    by_set: defaultdict[str, list[Read]] = defaultdict(list)
    for read in questions:
        by_set[read.set + ("" if read.answers else " without")].append(read)
    measured: defaultdict[str, list[Answered]] = defaultdict(list)
    for name in by_set:
        chosen = sample(by_set, name, count)
        judged = reader.judge([(read.question, read.subject, read.passage) for read in chosen])
        answered = [
            Answered(read, said, probability(said.answered, reader.spec.answered))
            for read, said in zip(chosen, judged, strict=True)
        ]
        measured[name.removesuffix(" without")] += answered
    return dict(measured)


def report(measured: dict[str, list[Answered]], reader: Reader) -> Iterator[Figure]:
    for name, answered in measured.items():
        yield from _set(name, answered)
    yield from _unanswerable([a for name in (OTHER_HALF, HALF) for a in measured.get(name, [])], reader)
    has = [a for some in measured.values() for a in some if a.asked.answers and a.said.span]
    right = [f1(a.best, a.asked.answers) >= 0.5 for a in has]
    error = metrics.expected_calibration_error([a.sure for a in has], right)
    yield Figure("calibration error of answers (F1 of at least half)", error, "", f"{len(has)} questions with answers")


def _set(name: str, answered: Sequence[Answered]) -> Iterator[Figure]:
    has = [a for a in answered if a.asked.answers]
    scores = [f1(a.best, a.asked.answers) for a in has]
    matches = metrics.mean(exact(a.best, a.asked.answers) for a in has)
    one = metrics.mean(f1(a.best, a.asked.answers[:1]) for a in has)
    asked = ">= 0.75" if name == OTHER_HALF else ""
    detail = f"{between([scores])}; exact {matches:.3f}; one answer {one:.3f}; {len(has)} questions"
    yield Figure(f"span F1, forced, {name}", metrics.mean(scores), asked, detail)
    if len(has) < len(answered):
        as_marked = [f1(a.marked, a.asked.answers) for a in answered]
        without = metrics.mean(float(not a.marked) for a in answered if not a.asked.answers)
        told = f"SQuAD 2.0's F1; nothing marked for {without:.3f} of {len(answered) - len(has)} without an answer"
        yield Figure("  F1, as marked", metrics.mean(as_marked), "", told)
    marked = metrics.mean(float(bool(a.marked)) for a in has)
    yield Figure("  marked, of those with an answer", marked)


def _unanswerable(answered: Sequence[Answered], reader: Reader) -> Iterator[Figure]:
    """By what the reader knows: that words answer, that the passage does, both."""
    can = [bool(a.asked.answers) for a in answered]
    relevance = [probability(a.said.relevance, reader.spec.relevance) for a in answered]
    both = [(a.sure * its) ** 0.5 for a, its in zip(answered, relevance, strict=True)]
    of = f"{len(can)} questions of SQuAD 2.0, {can.count(False)} without an answer"
    yield Figure("unanswerable AUROC, by span", metrics.auroc([a.said.answered for a in answered], can), ">= 0.80", of)
    yield Figure("  by relevance", metrics.auroc(relevance, can))
    yield Figure("  by both", metrics.auroc(both, can))
    error = metrics.expected_calibration_error([a.sure for a in answered], can)
    yield Figure("  calibration error of the span's probability", error)
    yield Figure("  calibration error of relevance", metrics.expected_calibration_error(relevance, can))
