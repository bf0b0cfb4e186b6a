"""A library ready for search: its store and its vector index in step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag_core.index.dense import DenseIndex, Ids
from rag_core.index.store import Store
from rag_core.types import Filters, FloatArray


class LibraryIndex:
    """Answers the searches of `rag_core.retrieve`. The vector index is loaded at the first dense search.

    Whoever stores vectors does it through `put_vectors` here; whatever else changes the store is noticed by itself.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        # What the store answers alone.
        self.search_lexical, self.term_coverage = store.search_lexical, store.term_coverage
        self.chunks, self.neighbours, self.page_text = store.chunks_by_id, store.neighbours, store.page_text
        self.without_vector = store.without_vector
        self._dense: DenseIndex | None = None
        self._vectors_changed = False

    @property
    def dense(self) -> DenseIndex:
        if self._dense is None:
            self._dense = DenseIndex(self.store)
        return self._dense

    def scope(self, filters: Filters) -> Ids | None:
        """The chunks that the filters leave; None when nothing is filtered."""
        return self.store.passing_chunks(filters) if filters else None

    def search_dense(self, vector: FloatArray, limit: int, scope: Ids | None = None) -> list[tuple[int, float]]:
        """(chunk id, cosine), best first. Chunks without a vector are not found."""
        self.dense.refresh()
        return self.dense.search(vector, limit, scope)

    def put_vectors(self, chunk_ids: Sequence[int], vectors: FloatArray) -> int:
        """Store vectors and make them searchable. Returns how many were taken (see `Store.put_vectors`)."""
        positions = self.store.put_vectors(chunk_ids, vectors)
        self._vectors_changed = True
        if self._dense is not None:
            self._dense.add([chunk_ids[position] for position in positions], vectors[positions])
        return len(positions)

    def remove_paths(self, paths: Iterable[str]) -> int:
        """Like the store's, followed by `save`: no trace of what was removed stays on the disk."""
        removed = self.store.remove_paths(paths)
        self.save()
        return removed

    def save(self) -> None:
        """Purge what was removed and bring the vector file up to date: at the end of a job that changed the library."""
        if not self.store.read_only:
            self.store.purge()
            self.dense.refresh()
            self.dense.save()
            self._vectors_changed = False

    def close(self) -> None:
        """Save if anything was stored or removed since the last `save`, then close the store."""
        if not self.store.read_only and (self._vectors_changed or self.store.must_purge()):
            self.save()
        self.store.close()
