"""What the store hands out. Frozen data, like `rag_core.types`, but of interest only where the index is used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the library knows of one path. `document_id` is empty where reading failed."""

    size_bytes: int
    modified_ns: int
    document_id: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What made the vectors and chunks. Two libraries, or a library and an encoder, mix only where all of it agrees."""

    encoder_pack_id: str
    encoder_pack_sha256: str
    dim: int
    pooling: str
    chunker_version: str


@dataclass(frozen=True, slots=True)
class PendingChunk:
    """A chunk that waits for its vector. `text` is what to embed: the chunk, led by its title and headings."""

    chunk_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What a list of libraries shows: files that were read, files that could not be, chunks, chunks without vector."""

    documents: int
    failed: int
    passages: int
    pending: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts for `doctor`."""

    files: int
    failed_files: int
    documents: int
    pages: int
    chunks: int
    chunks_without_vector: int
    database_bytes: int
