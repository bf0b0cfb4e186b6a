"""Search with a reader: the order, and where the answer stands on the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rag_core.index.store import Store
from rag_core.retrieve.hybrid import HybridRetriever
from rag_core.retrieve.read_order import ReaderWeights
from rag_core.types import Passage, Reading, StoredChunk
from tests.fakes_encoder import FakeEncoder
from tests.index.builders import add

ENCODER = FakeEncoder()
WEIGHTS = ReaderWeights(relevance=0.5, log_odds=0.1, answer=0.1, unread=0.05)
QUESTION = "When do zebras drink?"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "library")
    yield opened
    opened.close()


@dataclass
class Finder:
    """Reads by looking for words: (relevance, span probability) by the words that answer; no words: unread."""

    answers: dict[str, tuple[float, float]]
    unread: str = "\0"
    seen: list[str] = field(default_factory=list)

    def __call__(self, chunks: Sequence[StoredChunk]) -> list[Reading | None]:
        self.seen += [chunk.text for chunk in chunks]
        return [None if self.unread in chunk.text else self._read(chunk.text) for chunk in chunks]

    def _read(self, text: str) -> Reading:
        for words, (relevance, sure) in self.answers.items():
            if words in text:
                return Reading(relevance, (text.index(words), text.index(words) + len(words)), sure)
        return Reading(0.01)


def search(
    index: Store, reading: Finder | None, by_meaning: bool = True, top_k: int = 5, read_k: int = 20
) -> list[Passage]:
    pending = index.pending_chunks(1000) if by_meaning else []
    if pending:
        index.put_vectors([c.chunk_id for c in pending], ENCODER.encode_passages([c.text for c in pending]))
    vector = ENCODER.encode_queries([QUESTION])[0] if by_meaning else None
    retriever = HybridRetriever(index, max_passage_tokens=30, reader_weights=WEIGHTS)
    passages = retriever.search(QUESTION, vector, top_k=top_k, reading=reading, read_k=read_k)
    for passage in passages:
        text = index.page(passage.document_id, passage.page).text
        assert passage.text == text[passage.char_start : passage.char_end]
        if passage.answer_start is not None and passage.answer_end is not None:
            assert passage.char_start <= passage.answer_start < passage.answer_end <= passage.char_end
    return passages


def answer_of(index: Store, passage: Passage) -> str:
    assert passage.answer_start is not None
    text = index.page(passage.document_id, passage.page).text
    return text[passage.answer_start : passage.answer_end]


@pytest.mark.parametrize("by_meaning", [True, False])
def test_the_passage_that_answers_comes_first_with_its_answer(index: Store, by_meaning: bool) -> None:
    add(index, "/a.txt", ["When zebras drink is when zebras drink."])
    add(index, "/b.txt", ["Of the zebras most go to the river at dawn."])
    assert search(index, None, by_meaning)[0].path == "/a.txt"
    first, second = search(index, Finder({"at dawn": (0.95, 0.8)}), by_meaning)
    assert first.path == "/b.txt"
    assert (first.rerank_score, first.answer_probability) == (0.95, 0.8)
    assert answer_of(index, first) == "at dawn"
    assert (second.rerank_score, second.answer_start, second.answer_probability) == (0.01, None, None)


def test_a_joined_passage_keeps_the_answer_where_it_stands(index: Store) -> None:
    add(index, "/a.txt", ["Zebras are striped and", "zebras drink at noon.", "Zebras drink water at dawn."])
    (passage,) = search(index, Finder({"at noon": (0.4, 0.3), "at dawn": (0.9, 0.8)}))
    assert len(passage.chunk_ids) == 3
    assert answer_of(index, passage) == "at dawn"
    assert (passage.rerank_score, passage.answer_probability) == (0.9, 0.8)


def test_a_sentence_that_goes_on_is_joined_in_the_new_order_too(index: Store) -> None:
    add(index, "/a.txt", ["When zebras drink, when zebras drink."])
    add(index, "/b.txt", ["Some animals drink with", "other zebras, when they drink at dawn."])
    first = search(index, Finder({"at dawn": (0.99, 0.9)}), top_k=1)[0]
    assert first.text == "Some animals drink with other zebras, when they drink at dawn."
    assert answer_of(index, first) == "at dawn"


def test_only_the_best_are_read_and_a_copy_is_not_read_twice(index: Store) -> None:
    for number, name in enumerate(["ants", "bees", "cows", "dogs", "emus"]):
        add(index, f"/{number}.txt", [f"When zebras drink, {name} drink as well."])
    add(index, "/copy.txt", ["Copy.", "When zebras drink, emus drink as well."])
    finder = Finder({}, unread="dogs")
    passages = search(index, finder, read_k=4)
    assert len(finder.seen) == len(set(finder.seen)) == 4
    unread = [passage for passage in passages if passage.rerank_score is None]
    assert any("dogs" in passage.text or passage.text not in finder.seen for passage in unread)


def test_where_nothing_is_found_nothing_is_read(index: Store) -> None:
    finder = Finder({})
    assert search(index, finder, by_meaning=False) == []
    assert finder.seen == []


def test_a_reader_that_read_nothing_changes_nothing(index: Store) -> None:
    for number in range(4):
        add(index, f"/{number}.txt", [f"Zebra number {number} drinks " + "when it rains " * number])
    assert search(index, Finder({}, unread="")) == search(index, None)
    assert search(index, Finder({}, unread=""), by_meaning=False) == search(index, None, by_meaning=False)
