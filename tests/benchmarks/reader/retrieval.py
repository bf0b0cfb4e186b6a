"""How much reading the best candidates improves their order: nDCG@10 on sets of other domains than the training's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rag_core.evaluate import metrics
from rag_core.index.store import Store
from rag_core.retrieve.hybrid import HybridRetriever
from rag_core.types import FloatArray
from tests.benchmarks.reader.collections import RETRIEVAL, Asked, Collection, Place, read_collection, read_qed
from tests.benchmarks.reader.figures import Figure, between
from tests.benchmarks.reader.libraries import library_of
from tests.benchmarks.reader.program import Program

DEPTH = 10
RANKS_ALONE, UNREAD, READER_ALONE, FINAL = "ranks alone (RRF)", "today's order", "reader alone", "final order"


@dataclass(slots=True)
class Measured:
    """nDCG@10 of each question, by order."""

    name: str
    scores: dict[str, list[float]] = field(default_factory=dict)

    def gains(self, order: str) -> list[float]:
        """Of each question, over ranks alone."""
        return [a - b for a, b in zip(self.scores[order], self.scores[RANKS_ALONE], strict=True)]

    def mean(self, order: str) -> float:
        return metrics.mean(self.scores[order])


class Passages:
    """Where chunks stand. A text that stands in the set twice is one passage: the program shows it once."""

    def __init__(self, collection: Collection, index: Store) -> None:
        places = {(d, p): t for d, document in enumerate(collection.documents) for p, t in enumerate(document.pages, 1)}
        first: dict[str, Place] = {}
        self._same = {place: first.setdefault(text, place) for place, text in places.items()}
        self._index = index

    def of_chunks(self, chunk_ids: Sequence[int]) -> list[Place]:
        return self.distinct((int(c.document_id, 16), c.page) for c in self._index.chunks(chunk_ids))

    def distinct(self, places: Iterable[Place]) -> list[Place]:
        return list(dict.fromkeys(self._same[place] for place in places))

    def score(self, order: Sequence[Place], asked: Asked) -> float:
        grades: dict[Place, float] = {}
        for place, grade in asked.relevant.items():
            grades[self._same[place]] = max(grade, grades.get(self._same[place], 0.0))
        gains = [grades.get(place, 0.0) for place in order[:DEPTH]]
        return metrics.ndcg_at_k(gains, list(grades.values()), DEPTH)


def measure(collection: Collection, program: Program, kept: Path, count: int) -> Measured:
    """A sample of the set's questions, asked of all its passages."""
    index = library_of(collection.documents, kept, program.encoder)
    asked = collection.sample(count)
    vectors = program.encoder.encode_queries([a.question for a in asked])
    passages, measured = Passages(collection, index), Measured(collection.name)
    for question, vector in zip(asked, vectors, strict=True):
        for name, order in _orders(question.question, vector, index, program, passages).items():
            measured.scores.setdefault(name, []).append(passages.score(order, question))
    index.close()
    return measured


def _orders(
    question: str, vector: FloatArray, index: Store, program: Program, passages: Passages
) -> dict[str, list[Place]]:
    ranks = HybridRetriever(index, score_weight=0.0, dense_weight=1.0, lexical_weight=1.0)
    shortlist = [c.chunk_id for c in HybridRetriever(index).shortlist(question, vector)]
    found = program.search(question, index, DEPTH)
    read = program.relevance_of(index.chunks(shortlist))
    by_reader = sorted(shortlist, key=lambda chunk: -read.get(chunk, 0.0))
    return {
        RANKS_ALONE: passages.of_chunks([c.chunk_id for c in ranks.candidates(question, vector)]),
        UNREAD: passages.of_chunks(shortlist),
        READER_ALONE: passages.of_chunks(by_reader),
        FINAL: passages.distinct((int(p.document_id, 16), p.page) for p in found.passages),
    }


def collections(sets: Path, qa: Path) -> Iterator[Callable[[], Collection]]:
    """One after the other: together they are large."""
    for name in RETRIEVAL:
        yield lambda name=name: read_collection(sets / "retrieval" / f"{name}.json.gz")  # type: ignore[misc]
    yield lambda: read_qed(qa)


def report(measured: Sequence[Measured]) -> Iterator[Figure]:
    for one in measured:
        others = "  ".join(f"{name} {one.mean(name):.3f}" for name in one.scores if name != FINAL)
        gain = metrics.mean(one.gains(FINAL))
        yield Figure(
            f"  nDCG@10 {one.name} ({len(one.scores[FINAL])} questions)", one.mean(FINAL), "", f"{gain:+.3f}  {others}"
        )
    for order, asked in ((UNREAD, ""), (READER_ALONE, ""), (FINAL, ">= +0.04")):
        gains = [one.gains(order) for one in measured]
        yield Figure(f"gain over RRF: {order}", metrics.mean(map(metrics.mean, gains)), asked, between(gains))
    worst = min(measured, key=lambda one: metrics.mean(one.gains(FINAL)))
    lost = worst.gains(FINAL)
    yield Figure(f"gain over RRF: worst set ({worst.name})", metrics.mean(lost), ">= 0", between([lost]))
