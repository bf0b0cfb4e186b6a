"""The vector index: FAISS over inner products of unit vectors, so scores are cosines. Ids are chunk ids.

Made from the database and never trusted over it. `vectors.faiss` only saves the time of making it again, and carries
the library's epoch and generation: another epoch, a wrong checksum or a missing file mean a rebuild; another generation
means catching up by comparing ids (ids are never given twice and a stored vector never changes, so ids are enough).

Exact while small: float16 in one flat block, 4 ms over 100,000 vectors of 384 dimensions on one core and 77 MB.
Approximate when large: inverted lists over the same float16 vectors. 300,000 vectors (1,024 lists, an eighth of them
searched): 99.4 % of the exact best 50 in 1.4 ms instead of 11, trained and filled in 5 s.

An encrypted library has no vector file, because text can be guessed from vectors: the index then lives in memory only
and is made from the database at each start (about 0.3 s for 100,000 chunks).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from rag_core.index import meta, vector_file, vectors
from rag_core.index.vectors import HalfArray
from rag_core.storage.connection import Connection
from rag_core.storage.database import Database
from rag_core.types import FloatArray

Ids = npt.NDArray[np.int64]
Result = TypeVar("Result")

EXACT_LIMIT = 150_000
_TRAIN_ROWS_PER_LIST = 40
_TRAIN_ROUNDS = 5


class DenseIndex:
    """Search over every chunk that has a vector. `refresh` before searching; `save` when the work is done."""

    def __init__(self, database: Database, *, exact_limit: int = EXACT_LIMIT) -> None:
        """Loads the file where it is good, else builds (see the module's figures)."""
        import faiss

        # FAISS spreads questions over threads, and there is one question at a time: a second thread would only spin.
        faiss.omp_set_num_threads(1)
        self._faiss: Any = faiss
        self._database = database
        self._file = database.path.with_name(vector_file.NAME)
        self._exact_limit = exact_limit
        self._index: Any = None
        self._state = ("", -1)
        self._saved_state = ("", -1)
        self._load()
        self.refresh()

    def __len__(self) -> int:
        return 0 if self._index is None else int(self._index.ntotal)

    @property
    def exact(self) -> bool:
        return self._index is None or not isinstance(self._index, self._faiss.IndexIVF)

    def search(self, vector: FloatArray, limit: int, allowed: Ids | None = None) -> list[tuple[int, float]]:
        """(chunk id, cosine) of the best `limit` chunks for a unit vector of shape (dim,), best first.

        `allowed` narrows the search to these chunk ids.
        """
        if len(self) == 0 or limit < 1 or (allowed is not None and allowed.size == 0):
            return []
        parameters = self._parameters(allowed)
        scores, ids = self._index.search(
            np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1), min(limit, len(self)), params=parameters
        )
        return [(int(chunk), float(score)) for chunk, score in zip(ids[0], scores[0], strict=True) if chunk >= 0]

    def refresh(self) -> None:
        """Catch up with the database. Costs one small query when nothing changed."""
        state = self._ask(meta.vector_state)
        if state == self._state:
            return
        if state[0] != self._state[0] or self._outgrown():
            self._build()
        else:
            self._catch_up()
        self._state = state

    def add(self, chunk_ids: Sequence[int], rows: FloatArray) -> None:
        """Take vectors that were stored just now by this process, without reading them back.

        Only where storing them is all that has happened since the last look: else (a document was replaced, or another
        process wrote) what is gone has to go from here as well.
        """
        if len(chunk_ids) == 0:
            return
        state = self._ask(meta.vector_state)
        epoch, generation = self._state
        if self._index is None or state != (epoch, generation + 1):
            self.refresh()
            return
        self._add(np.asarray(chunk_ids, dtype=np.int64), rows.astype(np.float16))
        self._state = state

    def save(self) -> None:
        """Write the file beside the old one, flushed, then rename. Nothing for readers and encrypted libraries.

        Raises StorageFull, after which the old file stands and the database is as complete as before.
        """
        if self._database.read_only or self._database.encrypted or self._state == self._saved_state:
            return
        if len(self) == 0:
            self._file.unlink(missing_ok=True)
        else:
            vector_file.write(self._file, self._state, self._faiss.serialize_index(self._index))
        self._saved_state = self._state

    def _ask(self, question: Callable[[Connection], Result]) -> Result:
        with self._database.reading() as connection:
            return question(connection)

    def _blocks(self, only: Ids | None = None) -> Iterator[tuple[Ids, HalfArray]]:
        with self._database.reading() as connection:
            yield from vectors.blocks(connection, int(meta.get(connection, "dim", "0")), only)

    def _parameters(self, allowed: Ids | None) -> Any:
        selector = None if allowed is None else self._selector(allowed)
        if self.exact:
            return None if selector is None else self._faiss.SearchParameters(sel=selector)
        return self._faiss.SearchParametersIVF(nprobe=self._index.nprobe, **({"sel": selector} if selector else {}))

    def _selector(self, allowed: Ids) -> Any:
        bits = np.zeros(int(allowed.max()) + 1, dtype=np.bool_)
        bits[allowed] = True
        return self._faiss.IDSelectorBitmap(np.packbits(bits, bitorder="little"))

    def _outgrown(self) -> bool:
        return self.exact and self._ask(vectors.count) > 1.2 * self._exact_limit

    def _build(self) -> None:
        count = self._ask(vectors.count)
        self._index = None
        if count > self._exact_limit:
            self._index = self._trained(count)
        for ids, rows in self._blocks():
            self._add(ids, rows)

    def _catch_up(self) -> None:
        there, here = self._ask(vectors.ids), self._ids()
        gone = np.setdiff1d(here, there, assume_unique=True)
        if gone.size:
            self._index.remove_ids(self._faiss.IDSelectorBatch(gone))
        new = np.setdiff1d(there, here, assume_unique=True)
        if new.size:
            for ids, rows in self._blocks(new):
                self._add(ids, rows)

    def _add(self, ids: Ids, rows: HalfArray) -> None:
        if self._index is None:
            faiss = self._faiss
            flat = faiss.IndexScalarQuantizer(rows.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
            self._index = faiss.IndexIDMap2(flat)
        if self.exact:
            # The database's float16 are the index's own codes: adding them is copying them.
            codes = np.ascontiguousarray(rows, dtype="<f2").view(np.uint8)
            self._index.add_sa_codes(codes, ids)
        else:
            self._index.add_with_ids(rows.astype(np.float32), ids)

    def _trained(self, count: int) -> Any:
        """An empty index with inverted lists, trained on an even sample."""
        faiss = self._faiss
        lists = 1 << round(math.log2(2 * math.sqrt(count)))
        ids = self._ask(vectors.ids)
        sample = ids[:: max(1, len(ids) // (lists * _TRAIN_ROWS_PER_LIST))]
        rows = np.concatenate([block for _, block in self._blocks(sample)])
        quantizer = faiss.IndexFlatIP(rows.shape[1])
        index = faiss.IndexIVFScalarQuantizer(
            quantizer, rows.shape[1], lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT, False
        )
        index.cp.niter = _TRAIN_ROUNDS
        index.train(rows.astype(np.float32))
        index.nprobe = max(16, lists // 8)
        return index

    def _ids(self) -> Ids:
        if self._index is None:
            return np.empty(0, dtype=np.int64)
        faiss = self._faiss
        if self.exact:
            return np.array(faiss.vector_to_array(self._index.id_map), dtype=np.int64)
        lists = self._index.invlists
        sizes = [lists.list_size(number) for number in range(self._index.nlist)]
        parts = [faiss.rev_swig_ptr(lists.get_ids(number), size).copy() for number, size in enumerate(sizes) if size]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)

    def _load(self) -> None:
        if self._database.encrypted:
            return
        stored = vector_file.read(self._file)
        if stored is None:
            return
        state, payload = stored
        if state[0] == self._ask(meta.vector_state)[0]:
            self._index = self._faiss.deserialize_index(payload)
            self._state = self._saved_state = state
