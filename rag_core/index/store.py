"""The store of one library: a folder with `library.db`, the truth, and `vectors.faiss`, which is made from it.

It answers the searches of `rag_core.retrieve`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, Self, TypeVar

from rag_core.errors import LibraryMissing, LibraryTooOld
from rag_core.index import changing, doctor, find, lexical, meta, reading, vectors
from rag_core.index.dense import DenseIndex, Ids
from rag_core.index.records import Identity, Statistics
from rag_core.index.schema import DATABASE_FILE, LIBRARY
from rag_core.messages import say
from rag_core.storage.connection import Connection
from rag_core.storage.database import Database
from rag_core.text.search_tokens import TOKENS_VERSION
from rag_core.types import Filters, FloatArray

P = ParamSpec("P")
Result = TypeVar("Result")


def reads(question: Callable[Concatenate[Connection, P], Result]) -> Callable[Concatenate[Store, P], Result]:
    """A method of the store that asks its database."""

    @wraps(question)
    def method(store: Store, /, *args: P.args, **kwargs: P.kwargs) -> Result:
        with store.reading() as connection:
            return question(connection, *args, **kwargs)

    return method


def writes(change: Callable[Concatenate[Connection, P], Result]) -> Callable[Concatenate[Store, P], Result]:
    """A method of the store that changes its database, in one transaction."""

    @wraps(change)
    def method(store: Store, /, *args: P.args, **kwargs: P.kwargs) -> Result:
        with store.writing() as connection:
            return change(connection, *args, **kwargs)

    return method


class Store(Database):
    """Open with `Store.open`. One thread at a time; one writing Store per library on the machine, readers beside it.

    Every method that changes something is one transaction: afterwards it happened wholly, or (after an error, a full
    disk or a killed process) not at all. Errors of storage arrive as UserErrors: StorageFull, LibraryLocked.
    """

    def __init__(self, folder: Path, key: bytes | None, *, read_only: bool) -> None:
        path = folder / DATABASE_FILE
        if read_only and not path.is_file():
            raise LibraryMissing(say("no-library-in-folder", folder=str(folder)), say("check-name-or-add"))
        super().__init__(path, LIBRARY, key, read_only=read_only, one_writer=True)
        self.folder = folder
        self._lexical = lexical.LexicalSearch(self.connection)
        self._vectors_changed = False
        if not read_only:
            self._make_current()
            self._opened.callback(self._save_changes)

    @classmethod
    def open(cls, folder: Path, key: bytes | None = None, *, read_only: bool = False) -> Self:
        """Open the library in `folder`, or, for writing, create it. One of an older format is brought up to date first,
        for a reader too.

        Raises LibraryLocked (a second writer, a wrong key), LibraryTooNew (nothing is touched), LibraryMissing,
        StorageFull (cannot be written).
        """
        try:
            return cls(folder, key, read_only=read_only)
        except LibraryTooOld:  # a reader cannot bring it up to date
            cls(folder, key, read_only=False).close()
            return cls(folder, key, read_only=read_only)

    def _make_current(self) -> None:
        """What is made from its tables, as it is made now."""
        try:
            with self.reading() as connection:
                is_current = meta.get(connection, "tokens_version") == TOKENS_VERSION
            if not is_current:
                with self.writing() as connection:
                    changing.make_anew(connection)
        except BaseException:
            self.close()
            raise

    # Files and documents

    known_files = reads(reading.known_files)
    documents = reads(reading.documents)
    put_document = writes(changing.put)
    link_path = writes(changing.link)
    put_failure = writes(changing.put_failure)
    touch_file = writes(changing.touch)

    def remove_paths(self, paths: Iterable[str]) -> int:
        """Forget paths, and leave no trace of what goes with them on the disk. Returns how many were known."""
        with self.writing() as connection:
            removed = changing.remove_paths(connection, paths)
        self.save()
        return removed

    # Pages and chunks

    page = reads(reading.page)
    page_text = reads(reading.page_text)
    page_infos = reads(reading.page_infos)

    find_text = reads(find.find_text)
    chunks = reads(reading.chunks)
    without_vector = reads(reading.without_vector)
    neighbours = reads(reading.neighbours)

    # Search

    def scope(self, filters: Filters) -> Ids | None:
        """The chunks that the filters leave, ascending; None when nothing is filtered."""
        with self.reading() as connection:
            return reading.passing_chunks(connection, filters) if filters else None

    @cached_property
    def dense(self) -> DenseIndex:
        """The vector index, loaded at the first search by meaning."""
        return DenseIndex(self)

    def search_dense(self, vector: FloatArray, limit: int, scope: Ids | None = None) -> list[tuple[int, float]]:
        """(chunk id, cosine), best first. Chunks without a vector are not found."""
        self.dense.refresh()
        return self.dense.search(vector, limit, scope)

    def search_lexical(self, question: str, limit: int, scope: Ids | None = None) -> list[tuple[int, float]]:
        """(chunk id, BM25; higher is better), best first. `scope` (ascending chunk ids) narrows the search."""
        with self.reading():
            return self._lexical.search(question, limit, scope)

    def term_coverage(self, question: str, chunk_ids: Sequence[int]) -> dict[int, float]:
        """Per chunk, the share of the question's content words that it holds, weighted by rarity; 0..1."""
        with self.reading():
            return self._lexical.term_coverage(question, chunk_ids)

    # Vectors

    pending_chunks = reads(vectors.pending_chunks)
    pending_count = reads(vectors.pending_count)

    def put_vectors(self, chunk_ids: Sequence[int], rows: FloatArray) -> list[int]:
        """Store unit vectors, shape (len(chunk_ids), dim), and make them searchable. Returns the positions stored.

        Chunks that are gone or have a vector are passed over. Raises IndexMismatch for another dimension than the
        identity's.
        """
        with self.writing() as connection:
            dim = meta.get(connection, "dim")
            if dim and rows.shape[1] != int(dim):
                raise meta.mismatch(["dim"])
            if not dim:
                meta.put(connection, "dim", str(rows.shape[1]))
            positions = vectors.put(connection, chunk_ids, rows)
        self._vectors_changed = True
        if "dense" in self.__dict__:
            self.dense.add([chunk_ids[position] for position in positions], rows[positions])
        return positions

    complete_documents = reads(vectors.complete_documents)
    vector_ids = reads(vectors.ids)
    chunk_count = reads(vectors.chunk_count)
    vector_count = reads(vectors.count)

    # What made the library

    identity_differences = reads(meta.differences)

    def require_identity(self, identity: Identity) -> None:
        """Call at open. Stamps a library that has no stamp yet. Raises IndexMismatch, after which nothing was mixed."""
        different = self.identity_differences(identity)
        if different and self.vector_count() == 0 and "chunker_version" not in different and not self.read_only:
            different = []  # no vector exists yet: any encoder may begin
        if different:
            raise meta.mismatch(different)
        if not self.read_only:
            with self.writing() as connection:
                meta.put_identity(connection, identity)

    def rebuild_for(self, identity: Identity) -> None:
        """Drop all vectors and take `identity`: the answer to IndexMismatch. Chunks are kept as they are."""
        with self.writing() as connection:
            vectors.drop(connection)
            meta.put_identity(connection, identity)
        self.leave_no_trace()

    def meta(self) -> dict[str, str]:
        with self.reading() as connection:
            return {"schema_version": str(LIBRARY.version), **meta.everything(connection)}

    def set_meta(self, name: str, value: str) -> None:
        with self.writing() as connection:
            meta.put(connection, name, value)

    # Care

    problems = reads(doctor.problems)
    counts = reads(reading.counts)
    usual_languages = reads(reading.usual_languages)

    def statistics(self) -> Statistics:
        with self.reading() as connection:
            return doctor.statistics(connection, self.folder)

    def must_purge(self) -> bool:
        """Whether words of removed chunks are still in the keyword index's storage."""
        with self.reading() as connection:
            return changing.removed_since_purge(connection) > 0

    def purge(self) -> None:
        """Call at the end of a job. If anything was removed since the last purge, leave no trace of it on the disk.

        Merges the keyword index (about 1 s for 100,000 chunks), gives free space back and empties the write-ahead log.
        """
        if self.must_purge():
            with self.writing() as connection:
                changing.purge(connection)
            self.leave_no_trace()

    def save(self) -> None:
        """Purge what was removed and bring the vector file up to date: at the end of a job that changed the library."""
        if not self.read_only:
            self.purge()
            self.dense.refresh()
            self.dense.save()
            self._vectors_changed = False

    def _save_changes(self) -> None:
        """When it is closed: what was stored or removed since the last `save`."""
        if self._vectors_changed or self.must_purge():
            self.save()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        if self.read_only:
            raise RuntimeError("this Store was opened read-only")
        with super().writing() as connection:
            yield connection
