"""The store of one library: a folder with `library.db`, the truth, and `vectors.faiss`, which is made from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from rag_core.errors import UserError
from rag_core.index import doctor, documents, find, lexical, meta, opening, reading, vectors
from rag_core.index.records import Counts, Identity, KnownFile, PendingChunk, Statistics, StoredChunk
from rag_core.index.schema import LIBRARY
from rag_core.messages import Message, say
from rag_core.storage.connection import Connection
from rag_core.storage.database import Database
from rag_core.text.language import Language
from rag_core.types import Chunk, Document, Filters, FloatArray, Page, PageInfo, ParsedDocument, TextMatch

VECTOR_FILE = "vectors.faiss"


class Store:
    """Open with `Store.open`. One thread at a time; one writing Store per library on the machine, readers beside it.

    Every method that changes something is one transaction: afterwards it happened wholly, or (after an error, a full
    disk or a killed process) not at all. Errors of storage arrive as UserErrors: StorageFull, LibraryLocked.
    """

    def __init__(self, database: Database) -> None:
        self.folder = database.path.parent
        self.read_only = database.read_only
        self.encrypted = database.encrypted
        self._database = database
        self._reading = database.reading
        self._lexical = lexical.LexicalSearch(database.connection)

    @classmethod
    def open(cls, folder: Path, key: bytes | None = None, *, read_only: bool = False) -> Self:
        """Open the library in `folder`, or, for writing, create it. One of an older format is brought up to date first,
        for a reader too.

        Raises LibraryLocked (a second writer, a wrong key), LibraryTooNew (nothing is touched), LibraryMissing,
        StorageFull (cannot be written).
        """
        return cls(opening.open_database(folder, key, read_only=read_only))

    def close(self) -> None:
        """Safe to call twice."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def vector_file(self) -> Path:
        return self.folder / VECTOR_FILE

    # Files and documents

    def known_files(self) -> dict[str, KnownFile]:
        """Every path, to compare with what stands on the disk. 10,000 paths take some 20 ms."""
        with self._reading() as connection:
            return reading.known_files(connection)

    def documents(self) -> list[Document]:
        """One per path (failures included), by path."""
        with self._reading() as connection:
            return reading.documents(connection)

    def put_document(
        self,
        path: str,
        size_bytes: int,
        modified_ns: int,
        document_id: str,
        parsed: ParsedDocument,
        chunks: Sequence[Chunk],
        *,
        replace: bool = False,
    ) -> None:
        """Store a document at `path`, replacing exactly what stood there. Keyword-searchable at once.

        Content that another path already holds is only linked; with `replace` it is stored anew for all. Raises
        ValueError when a chunk is not a slice of its page.
        """
        with self._writing() as connection:
            documents.put(connection, path, size_bytes, modified_ns, document_id, parsed, chunks, replace)

    def link_path(self, path: str, size_bytes: int, modified_ns: int, document_id: str) -> bool:
        """Let `path` hold content that is already stored, without parsing it; False when it is not stored."""
        with self._writing() as connection:
            return documents.link(connection, path, size_bytes, modified_ns, document_id)

    def put_failure(self, path: str, size_bytes: int, modified_ns: int, reason: Message) -> None:
        """Remember that `path` cannot be read, and why. What stood there before is removed."""
        with self._writing() as connection:
            documents.put_failure(connection, path, size_bytes, modified_ns, reason)

    def touch_file(self, path: str, size_bytes: int, modified_ns: int) -> None:
        """The file has a new time but the same content."""
        with self._writing() as connection:
            documents.touch(connection, path, size_bytes, modified_ns)

    def remove_paths(self, paths: Iterable[str]) -> int:
        """Forget paths; content goes with its last path, from every table. Returns how many were known.

        Its bytes in the tables are overwritten at once; `purge` takes its words out of the keyword index's files.
        """
        with self._writing() as connection:
            return documents.remove_paths(connection, paths)

    # Pages and chunks

    def page(self, document_id: str, number: int) -> Page:
        """Raises UserError when it is not (or no longer) in the library."""
        with self._reading() as connection:
            page = reading.page(connection, document_id, number)
        if page is None:
            raise _page_missing(number)
        return page

    def page_text(self, document_id: str, number: int) -> str:
        """`page(...).text` without the layout: much cheaper. Raises UserError."""
        with self._reading() as connection:
            text = reading.page_text(connection, document_id, number)
        if text is None:
            raise _page_missing(number)
        return text

    def page_infos(self, document_id: str) -> tuple[PageInfo, ...]:
        """Every page in order, without its text; empty when the document is not (or no longer) in the library."""
        with self._reading() as connection:
            return reading.page_infos(connection, document_id)

    def find_text(self, document_id: str, text: str, limit: int = 2000) -> tuple[TextMatch, ...]:
        """Where `text` stands in a document, in reading order. Offsets are exact in `page.text`.

        Capitals, full-width and half-width forms, and line ends between words make no difference.
        """
        with self._reading() as connection:
            return find.find(reading.page_texts(connection, document_id), text, limit)

    def chunks_by_id(self, chunk_ids: Sequence[int]) -> list[StoredChunk]:
        """In the order asked for; chunks that are no longer there are left out."""
        with self._reading() as connection:
            return reading.chunks(connection, chunk_ids)

    def without_vector(self, chunk_ids: Sequence[int]) -> set[int]:
        """Those of the chunks that wait for their vector."""
        with self._reading() as connection:
            return reading.without_vector(connection, chunk_ids)

    def neighbours(self, chunk_id: int) -> tuple[StoredChunk | None, StoredChunk | None]:
        """The chunks just before and after on the same page."""
        with self._reading() as connection:
            return reading.neighbours(connection, chunk_id)

    def passing_chunks(self, filters: Filters) -> npt.NDArray[np.int64]:
        """Ids of the chunks of documents with a file that passes every filter, ascending."""
        with self._reading() as connection:
            return reading.passing_chunks(connection, filters)

    # Keyword search

    def search_lexical(
        self, question: str, limit: int, allowed: npt.NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """(chunk id, BM25; higher is better), best first. `allowed` (ascending chunk ids) narrows the search."""
        with self._reading():
            return self._lexical.search(question, limit, allowed)

    def term_coverage(self, question: str, chunk_ids: Sequence[int]) -> dict[int, float]:
        """Per chunk, the share of the question's content words that it holds, weighted by rarity; 0..1."""
        with self._reading():
            return self._lexical.term_coverage(question, chunk_ids)

    # Vectors

    def pending_chunks(self, limit: int) -> list[PendingChunk]:
        """Chunks that wait for a vector, with the text to embed."""
        with self._reading() as connection:
            return vectors.pending_chunks(connection, limit)

    def pending_count(self) -> int:
        with self._reading() as connection:
            return vectors.pending_count(connection)

    def put_vectors(self, chunk_ids: Sequence[int], rows: FloatArray) -> list[int]:
        """Store unit vectors, shape (len(chunk_ids), dim). Returns the positions stored.

        Chunks that are gone or have a vector are passed over. Raises IndexMismatch for another dimension than the
        identity's.
        """
        with self._writing() as connection:
            dim = meta.get(connection, "dim")
            if dim and rows.shape[1] != int(dim):
                raise meta.mismatch(["dim"])
            if not dim:
                meta.put(connection, "dim", str(rows.shape[1]))
            return vectors.put(connection, chunk_ids, rows)

    def complete_documents(self, chunk_ids: Sequence[int]) -> list[str]:
        """Ids of the documents of these chunks that can be found by meaning as a whole."""
        with self._reading() as connection:
            return vectors.complete_documents(connection, chunk_ids)

    def vector_ids(self) -> npt.NDArray[np.int64]:
        with self._reading() as connection:
            return vectors.ids(connection)

    def chunk_count(self) -> int:
        with self._reading() as connection:
            return vectors.chunk_count(connection)

    def vector_count(self) -> int:
        with self._reading() as connection:
            return vectors.count(connection)

    def vector_blocks(
        self, only: npt.NDArray[np.int64] | None = None
    ) -> Iterator[tuple[npt.NDArray[np.int64], vectors.HalfArray]]:
        """(chunk ids, float16 vectors) in blocks: of all chunks, or of those in `only`."""
        with self._reading() as connection:
            yield from vectors.blocks(connection, int(meta.get(connection, "dim", "0")), only)

    def vector_state(self) -> tuple[str, int]:
        """(epoch, generation): what a vector index must carry to be up to date. See `dense`."""
        with self._reading() as connection:
            return meta.get(connection, "vector_epoch"), int(meta.get(connection, "vector_generation", "0"))

    # What made the library

    def identity_differences(self, identity: Identity) -> list[str]:
        """Names of the fields in which the library differs; empty when it fits or holds nothing yet."""
        with self._reading() as connection:
            return meta.differences(connection, identity)

    def require_identity(self, identity: Identity) -> None:
        """Call at open. Stamps a library that has no stamp yet. Raises IndexMismatch, after which nothing was mixed."""
        different = self.identity_differences(identity)
        if different and self.vector_count() == 0 and "chunker_version" not in different and not self.read_only:
            different = []  # no vector exists yet: any encoder may begin
        if different:
            raise meta.mismatch(different)
        if not self.read_only:
            with self._writing() as connection:
                meta.put_identity(connection, identity)

    def rebuild_for(self, identity: Identity) -> None:
        """Drop all vectors and take `identity`: the answer to IndexMismatch. Chunks are kept as they are."""
        with self._writing() as connection:
            vectors.drop(connection)
            meta.put_identity(connection, identity)
        self._database.leave_no_trace()

    def meta(self) -> dict[str, str]:
        with self._reading() as connection:
            return {"schema_version": str(LIBRARY.version), **meta.everything(connection)}

    def set_meta(self, name: str, value: str) -> None:
        with self._writing() as connection:
            meta.put(connection, name, value)

    # Care

    def problems(self, *, thorough: bool = False) -> list[Message]:
        """What `doctor` prints: one sentence per orphan, half document or damage; empty when all is well."""
        with self._reading() as connection:
            return doctor.problems(connection, thorough=thorough)

    def counts(self) -> Counts:
        """What a list of libraries shows. A few milliseconds, however large the library is."""
        with self._reading() as connection:
            return reading.counts(connection)

    def usual_language(self) -> Language:
        """That of most documents: what a question is asked in that could be in several."""
        with self._reading() as connection:
            return reading.usual_language(connection)

    def statistics(self) -> Statistics:
        with self._reading() as connection:
            return doctor.statistics(connection, self.folder, self.vector_file)

    def must_purge(self) -> bool:
        """Whether words of removed chunks are still in the keyword index's storage."""
        with self._reading() as connection:
            return documents.removed_since_purge(connection) > 0

    def purge(self) -> None:
        """Call at the end of a job. If anything was removed since the last purge, leave no trace of it on the disk.

        Merges the keyword index (about 1 s for 100,000 chunks), gives free space back and empties the write-ahead log.
        """
        if self.must_purge():
            with self._writing() as connection:
                documents.purge(connection)
            self._database.leave_no_trace()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if self.read_only:
            raise RuntimeError("this Store was opened read-only")
        with self._database.writing() as connection:
            yield connection


def _page_missing(number: int) -> UserError:
    return UserError(say("page-gone", number=number), say("ask-or-add-again"))
