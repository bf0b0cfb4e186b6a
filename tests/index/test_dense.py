"""The vector index is made from the database, catches up with it, and never outlives it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from rag_core.errors import StorageFull
from rag_core.index.dense import DenseIndex
from rag_core.index.records import Identity
from rag_core.index.store import Store
from rag_core.types import Filters, FloatArray
from tests.index.builders import DIM, add, embed_everything, vectors

DOCUMENTS = 40


def filled(folder: Path) -> tuple[Store, FloatArray]:
    index = Store.open(folder)
    for number in range(DOCUMENTS):
        add(index, f"/{number % 4}/{number}.txt", [f"Text {number} one.", f"Text {number} two."])
    return index, embed_everything(index)


def best(index: Store, vector: FloatArray, limit: int = 1) -> list[int]:
    return [chunk for chunk, _ in index.search_dense(vector, limit)]


def test_scores_are_cosines_and_the_order_is_exact(tmp_path: Path) -> None:
    index, rows = filled(tmp_path)
    question = vectors(1, seed=9)[0]
    exact = rows @ question
    found = index.search_dense(question, 10)
    assert [chunk for chunk, _ in found] == [int(at) + 1 for at in np.argsort(-exact)[:10]]
    assert [score for _, score in found] == pytest.approx(sorted(exact, reverse=True)[:10], abs=2e-3)
    index.close()


def test_the_file_is_used_again_without_reading_the_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index, rows = filled(tmp_path)
    index.close()
    with Store.open(tmp_path, read_only=True) as store:
        monkeypatch.setattr("rag_core.index.vectors.blocks", lambda *_: pytest.fail("read the vectors"))
        assert best(store, rows[7]) == [8]


@pytest.mark.parametrize("damage", ["missing", "flipped", "cut", "empty", "foreign"])
def test_a_missing_or_damaged_file_is_made_again(tmp_path: Path, damage: str) -> None:
    index, rows = filled(tmp_path)
    index.close()
    path = tmp_path / "vectors.faiss"
    raw = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    elif damage == "flipped":
        raw[len(raw) // 2] ^= 1
        path.write_bytes(raw)
    else:
        path.write_bytes({"cut": bytes(raw[:-9]), "empty": b"", "foreign": os.urandom(5000)}[damage])
    with Store.open(tmp_path) as store:
        assert [best(store, row) for row in rows[:5]] == [[1], [2], [3], [4], [5]]
        store.save()
        assert len(path.read_bytes()) == len(raw)


def test_a_stale_file_catches_up_with_what_came_and_went(tmp_path: Path) -> None:
    index, rows = filled(tmp_path)
    index.close()
    stale = (tmp_path / "vectors.faiss").read_bytes()
    with Store.open(tmp_path) as store:
        store.remove_paths(["/0/0.txt"])
        add(store, "/new.txt", ["A new text."])
        store.put_vectors([store.pending_chunks(1)[0].chunk_id], vectors(1, seed=5))
    (tmp_path / "vectors.faiss").write_bytes(stale)
    with Store.open(tmp_path, read_only=True) as store:
        assert len(store.dense) == len(rows) - 2 + 1
        assert best(store, vectors(1, seed=5)[0]) == [len(rows) + 1]
        assert 1 not in best(store, rows[0], 200)


def test_a_file_from_before_a_rebuild_is_never_used(tmp_path: Path) -> None:
    index, rows = filled(tmp_path)
    index.close()
    with Store.open(tmp_path) as store:
        store.rebuild_for(Identity("other", "cd" * 32, DIM, "mean", "1"))
        assert best(store, rows[0]) == []
        store.put_vectors([3], rows[:1])
        assert best(store, rows[0], 5) == [3]


def test_removal_takes_the_vectors_out_of_the_file(tmp_path: Path) -> None:
    index, rows = filled(tmp_path)
    index.save()
    trace = rows[0].astype("<f2").tobytes()
    assert trace in (tmp_path / "vectors.faiss").read_bytes()
    index.remove_paths(["/0/0.txt"])
    for path in tmp_path.iterdir():
        assert trace not in path.read_bytes()
    index.close()


def test_filters_narrow_dense_search(tmp_path: Path) -> None:
    index, rows = filled(tmp_path)
    scope = index.scope(Filters(folder="/3"))
    assert scope is not None
    found = [chunk for chunk, _ in index.search_dense(rows[0], 100, scope)]
    assert len(found) == DOCUMENTS // 4 * 2
    assert {c.paths[0].split("/")[1] for c in index.chunks(found)} == {"3"}
    assert index.search_dense(rows[0], 5, index.scope(Filters(folder="/nowhere"))) == []
    index.close()


def test_a_large_library_is_searched_approximately_and_just_as_kept_up(tmp_path: Path) -> None:
    index, rows = filled(tmp_path)
    dense = DenseIndex(index, exact_limit=20)
    assert not dense.exact
    assert sum(dense.search(row, 1)[0][0] == at for at, row in enumerate(rows, start=1)) > 0.9 * len(rows)
    index.remove_paths(["/0/0.txt"])
    dense.refresh()
    assert len(dense) == len(rows) - 2
    assert 1 not in [chunk for chunk, _ in dense.search(rows[0], 100)]
    assert dense.search(rows[9], 3, np.array([10, 11]))[0][0] == 10
    dense.save()
    loaded = DenseIndex(index, exact_limit=20)
    assert (loaded.exact, len(loaded)) == (False, len(dense))
    index.close()


def test_a_full_disk_keeps_the_old_vector_file_and_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, rows = filled(tmp_path)
    index.save()
    old = (tmp_path / "vectors.faiss").read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageFull, match="No space"):
            index.remove_paths(["/0/0.txt"])
    assert (tmp_path / "vectors.faiss").read_bytes() == old
    assert 1 not in best(index, rows[0], 200)
    assert index.problems(thorough=True) == []
    index.save()
    assert (tmp_path / "vectors.faiss").read_bytes() != old
    assert not (tmp_path / "vectors.partial").exists()
    index.close()


def test_a_replaced_document_leaves_no_vector_behind(tmp_path: Path) -> None:
    index, _ = filled(tmp_path)
    assert len(index.dense) == index.vector_count()
    add(index, "/0/0.txt", ["Another text."])  # its old chunks go; the vector index is not told
    embed_everything(index)
    index.dense.refresh()
    assert len(index.dense) == index.vector_count()
    index.close()
    with Store.open(tmp_path) as store:
        assert len(store.dense) == store.vector_count()
