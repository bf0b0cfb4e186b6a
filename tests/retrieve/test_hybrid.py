"""From a question to passages, over a real library with a deterministic encoder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_core.index.store import Store
from rag_core.retrieve.hybrid import HybridRetriever
from rag_core.types import Filters, Passage
from tests.fakes_encoder import FakeEncoder
from tests.index.builders import add

ENCODER = FakeEncoder()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "library")
    yield opened
    opened.close()


def embed(index: Store) -> None:
    pending = index.pending_chunks(1000)
    index.put_vectors([c.chunk_id for c in pending], ENCODER.encode_passages([c.text for c in pending]))


def ask(index: Store, question: str, filters: Filters | None = None, top_k: int = 5) -> list[Passage]:
    vector = ENCODER.encode_queries([question])[0]
    passages = HybridRetriever(index).search(question, vector, filters=filters, top_k=top_k)
    for passage in passages:
        text = index.page(passage.document_id, passage.page).text
        assert passage.text == text[passage.char_start : passage.char_end]
    assert [p.rank for p in passages] == list(range(1, len(passages) + 1))
    return passages


def test_a_passage_says_where_it_stands_and_who_found_it(index: Store) -> None:
    document_id = add(index, "/office/alarms.txt", ["Lifts stop."], ["Fire alarms ring on Mondays."], title="House")
    embed(index)
    (best, *_) = ask(index, "When do fire alarms ring?")
    assert (best.document_id, best.path, best.title, best.page, best.page_label) == (
        document_id, "/office/alarms.txt", "House", 2, "p2",
    )  # fmt: skip
    assert best.text == "Fire alarms ring on Mondays."
    assert best.headings == ("Part",)
    assert best.dense_score is not None
    assert best.lexical_score is not None
    assert best.fused_score > 0
    assert best.rerank_score is None


def test_documents_without_vectors_are_found_by_their_words(index: Store) -> None:
    add(index, "/old.txt", ["Giraffes eat leaves."])
    embed(index)
    add(index, "/new.txt", ["Zebras eat grass."])
    (best, *_) = ask(index, "zebras grass")
    assert (best.path, best.dense_score) == ("/new.txt", None)
    assert HybridRetriever(index).search("giraffes", None)[0].path == "/old.txt"


def test_a_sentence_that_was_cut_is_completed(index: Store) -> None:
    add(index, "/a.txt", ["Intro ends here.", "The zebra crossing was", "painted in May.", "Unrelated end."])
    embed(index)
    (best,) = ask(index, "zebra crossing", top_k=1)
    assert best.text == "The zebra crossing was painted in May."
    assert best.chunk_ids == (2, 3)
    (best,) = ask(index, "painted in May", top_k=1)
    assert best.text == "The zebra crossing was painted in May."


def test_in_a_small_library_a_passage_is_not_the_whole_document(index: Store) -> None:
    add(
        index,
        "/a.txt",
        [f"Rule {n} is about {word}." for n, word in enumerate("rent heat noise bins pets".split())],
    )
    embed(index)
    assert "noise" in ask(index, "noise", top_k=2)[0].text
    assert len(ask(index, "noise", top_k=2)[0].chunk_ids) < 3


def test_whole_sentences_stay_alone(index: Store) -> None:
    add(index, "/a.txt", ["Giraffes eat leaves.", "Quarterly numbers rose."])
    assert [p.text for p in HybridRetriever(index).search("giraffes", None)] == ["Giraffes eat leaves."]


def test_neighbours_that_were_both_found_are_one_passage(index: Store) -> None:
    add(index, "/a.txt", ["Zebras run far.", "Zebras sleep little."], ["Zebras on the next page."])
    embed(index)
    passages = ask(index, "zebras")
    assert [p.text for p in passages] == ["Zebras run far. Zebras sleep little.", "Zebras on the next page."]


def test_a_passage_does_not_grow_without_end(index: Store) -> None:
    add(index, "/a.txt", [f"zebra part {n} goes on and" for n in range(12)])
    passages = HybridRetriever(index, max_passage_tokens=18).search("zebra", None, top_k=3)
    assert all(len(p.chunk_ids) <= 3 for p in passages)
    shown = [chunk for p in passages for chunk in p.chunk_ids]
    assert len(shown) == len(set(shown))


def test_repetitions_are_shown_once(index: Store) -> None:
    clause = "The supplier delivers zebras within thirty days of the order at the agreed price to the address given"
    for number in range(4):
        add(index, f"/{number}.txt", [f"Contract {number}."], [f"{clause}."])
    add(index, "/other.txt", ["Zebras are striped."])
    embed(index)
    texts = [p.text for p in ask(index, "supplier delivers zebras")]
    assert sum(text.startswith("The supplier") for text in texts) == 1
    assert "Zebras are striped." in texts


def test_one_document_at_two_places_is_shown_once_with_the_place_that_was_asked_for(index: Store) -> None:
    document_id = add(index, "/a/zebra.txt", ["Zebras are striped."])
    index.link_path("/b/zebra.txt", 10, 1, document_id)
    assert [p.path for p in ask(index, "zebras")] == ["/a/zebra.txt"]
    assert [p.path for p in ask(index, "zebras", Filters(folder="/b"))] == ["/b/zebra.txt"]


def test_the_place_that_is_shown_is_inside_the_folder_not_beside_it(index: Store) -> None:
    document_id = add(index, "/a-old/zebra.txt", ["Zebras are striped."])
    index.link_path("/a/zebra.txt", 10, 1, document_id)
    assert [p.path for p in ask(index, "zebras", Filters(folder="/a"))] == ["/a/zebra.txt"]


@pytest.mark.parametrize(
    ("filters", "paths"),
    [
        (Filters(folder="/a"), {"/a/1.txt", "/a/2.pdf"}),
        (Filters(folder="/a/"), {"/a/1.txt", "/a/2.pdf"}),
        (Filters(folder="/a/1.txt"), {"/a/1.txt"}),
        (Filters(media_types=("application/pdf",)), {"/a/2.pdf"}),
        (Filters(modified_from_ns=30), {"/ab/3.txt"}),
        (Filters(modified_to_ns=10), {"/a/1.txt"}),
        (Filters(folder="/a", modified_from_ns=15), {"/a/2.pdf"}),
        (Filters(folder="/a%"), set()),
        (Filters(), {"/a/1.txt", "/a/2.pdf", "/ab/3.txt"}),
    ],
)
def test_filters(index: Store, filters: Filters, paths: set[str]) -> None:
    add(index, "/a/1.txt", ["Zebras one."], time_ns=10)
    add(index, "/a/2.pdf", ["Zebras two."], media_type="application/pdf", time_ns=20)
    add(index, "/ab/3.txt", ["Zebras three."], time_ns=30)
    embed(index)
    assert {p.path for p in ask(index, "zebras", filters)} == paths


def test_an_empty_library_and_an_empty_question_find_nothing(index: Store) -> None:
    assert ask(index, "zebras") == []
    add(index, "/a.txt", ["Zebras."])
    assert HybridRetriever(index).search("", None) == []
