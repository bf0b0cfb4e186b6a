"""Every kind of orphan is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_core.index.store import Store
from rag_core.messages import literal
from tests.index.builders import add, vectors

DAMAGE = {
    "no file leads to": "DELETE FROM files WHERE path = '/b.txt'",
    "pages are not all there": "DELETE FROM pages WHERE document = 1 AND number = 2",
    "chunks are not all there": "DELETE FROM chunks WHERE id = 1",
    "without their words": "INSERT INTO lexical(lexical) VALUES ('delete-all')",
    "keyword index without a chunk": "INSERT INTO lexical(rowid, heading, body) VALUES (77, '', 'orphan')",
    "vectors without a chunk": "UPDATE chunks SET embedded = 0 WHERE id = 1",
    "vector is missing": "DELETE FROM vectors WHERE chunk = 1",
    "point to something that is not there": "UPDATE files SET document = 99 WHERE path = '/a.txt'",
}


@pytest.mark.parametrize("sentence", DAMAGE)
def test_it_is_seen(tmp_path: Path, sentence: str) -> None:
    with Store.open(tmp_path) as store:
        add(store, "/a.txt", ["One."], ["Two."])
        add(store, "/b.txt", ["Three."])
        store.put_vectors([1, 2, 3], vectors(3))
        assert store.problems(thorough=True) == []
        store.connection.execute("PRAGMA foreign_keys = OFF")
        store.connection.execute(DAMAGE[sentence])
        assert any(sentence in str(problem) for problem in store.problems())


def test_statistics_count_what_is_there(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        add(store, "/a.txt", ["One.", "Two."], ["Three."])
        store.put_failure("/b.txt", 1, 1, literal("Empty."))
        store.put_vectors([1], vectors(1))
        numbers = store.statistics()
        assert (numbers.files, numbers.failed_files, numbers.documents, numbers.pages) == (2, 1, 1, 2)
        assert (numbers.chunks, numbers.chunks_without_vector) == (3, 2)
