"""The law of `retrieve.protocol.SearchableIndex`, which every index has to prove.

A new implementation adds itself to `IMPLEMENTATIONS`: how to make one that holds the documents of `TEXTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag_core.index.store import Store
from rag_core.retrieve.protocol import SearchableIndex
from rag_core.types import Filters
from tests.fakes_encoder import FakeEncoder
from tests.index.builders import add

ENCODER = FakeEncoder()
TEXTS = {f"/folder{n % 3}/{n}.txt": [f"Zebra number {n} likes grass.", f"Lion number {n} sleeps."] for n in range(12)}


def _library(folder: Path, key: bytes | None) -> Store:
    index = Store.open(folder, key)
    for path, texts in TEXTS.items():
        add(index, path, texts)
    pending = index.pending_chunks(100)
    index.put_vectors([c.chunk_id for c in pending], ENCODER.encode_passages([c.text for c in pending]))
    return index


def _plain(folder: Path) -> Store:
    return _library(folder, None)


def _encrypted(folder: Path) -> Store:
    return _library(folder, b"k" * 32)


def _reader(folder: Path) -> Store:
    _library(folder, None).close()
    return Store.open(folder, read_only=True)


IMPLEMENTATIONS: dict[str, Callable[[Path], Store]] = {
    "plain": _plain,
    "encrypted": _encrypted,
    "reader": _reader,
}


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
class TestSearchableIndex:
    @pytest.fixture
    def index(self, name: str, tmp_path: Path) -> Iterator[SearchableIndex]:
        made = IMPLEMENTATIONS[name](tmp_path)
        yield made
        made.close()

    @pytest.mark.parametrize("limit", [0, 1, 5, 1000])
    def test_results_are_best_first_distinct_and_at_most_limit(self, index: SearchableIndex, limit: int) -> None:
        vector = ENCODER.encode_queries(["zebra grass"])[0]
        for results in (index.search_dense(vector, limit), index.search_lexical("zebra grass", limit)):
            assert len(results) <= limit
            assert len({chunk for chunk, _ in results}) == len(results)
            assert [score for _, score in results] == sorted((score for _, score in results), reverse=True)
        assert len(index.search_lexical("zebra grass", limit)) == min(limit, len(TEXTS))

    def test_a_scope_holds_for_both_searches(self, index: SearchableIndex) -> None:
        scope = index.scope(Filters(folder="/folder1"))
        vector = ENCODER.encode_queries(["zebra"])[0]
        for results in (index.search_dense(vector, 50, scope), index.search_lexical("zebra lion", 50, scope)):
            assert len(results) == 8
            found = index.chunks([chunk for chunk, _ in results])
            assert all(path.startswith("/folder1/") for chunk in found for path in chunk.paths)

    def test_an_empty_scope_finds_nothing(self, index: SearchableIndex) -> None:
        scope = index.scope(Filters(folder="/nowhere"))
        assert index.search_dense(ENCODER.encode_queries(["zebra"])[0], 5, scope) == []
        assert index.search_lexical("zebra", 5, scope) == []

    def test_chunks_keep_the_order_asked_for_and_leave_out_what_is_gone(self, index: SearchableIndex) -> None:
        ids = [chunk for chunk, _ in index.search_lexical("lion", 4)]
        assert [c.chunk_id for c in index.chunks([*reversed(ids), 10**9])] == ids[::-1]

    def test_offsets_count_in_the_text_of_the_page(self, index: SearchableIndex) -> None:
        for chunk in index.chunks([chunk for chunk, _ in index.search_lexical("zebra lion", 50)]):
            text = index.page_text(chunk.document_id, chunk.page)
            assert text[chunk.char_start : chunk.char_end] == chunk.text
            for neighbour in index.neighbours(chunk.chunk_id):
                assert neighbour is None or (neighbour.document_id, neighbour.page) == (chunk.document_id, chunk.page)
