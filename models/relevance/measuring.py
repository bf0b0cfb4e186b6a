"""Builds a drawn library for real (parsed pages, chunks, keyword index, vectors), asks it, and keeps what was found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np

from models.relevance.libraries import Plan
from models.relevance.sources import Kind
from rag_core.index.store import Store
from rag_core.ingest.chunker import chunk_document
from rag_core.types import FloatArray, Page, ParsedDocument, TextEncoder, TokenCounter

# Candidates per retriever: as many as a question gets in the product.
_CANDIDATE_K = 50
_CHUNK_TOKENS = 220
_EMBED_BATCH = 512


class Encoder(TextEncoder, TokenCounter, Protocol):
    """An embedder that also tells where its tokens lie."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question asked of one library. Rows of `found` are candidate chunks: cosine, coverage, BM25 (0 where only the
    dense retriever found it)."""

    domain: str
    kind: Kind
    question: str
    chunks: int
    found: FloatArray


class VectorCache:
    """Vectors of texts that were embedded before, by hash: the same passage stands in many libraries."""

    def __init__(self, path: Path, encoder: Encoder) -> None:
        self._path = path
        self._encoder = encoder
        self._known: dict[str, FloatArray] = {}
        if path.exists():
            with np.load(path) as stored:
                self._known = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))

    def vectors(self, texts: Sequence[str]) -> FloatArray:
        keys = [hashlib.sha256(text.encode()).hexdigest()[:24] for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if missing:
            made = self._encoder.encode_passages(list(missing.values()))
            self._known.update(zip(missing, made, strict=True))
        return np.stack([self._known[key] for key in keys])

    def save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(self._path, keys=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))


def ask_all(plan: Plan, encoder: Encoder, cache: VectorCache) -> Iterator[Example]:
    """Build the library of `plan` in a temporary folder and ask every question of it."""
    with TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        _fill(store, plan, encoder)
        while batch := store.pending_chunks(_EMBED_BATCH):
            store.put_vectors([chunk.chunk_id for chunk in batch], cache.vectors([chunk.text for chunk in batch]))
        blocks = list(store.vector_blocks())
        ids = np.concatenate([chunk_ids for chunk_ids, _ in blocks])
        matrix = np.concatenate([rows for _, rows in blocks])
        queries = encoder.encode_queries([text for text, _ in plan.questions])
        for (question, kind), query in zip(plan.questions, queries, strict=True):
            found = _candidates(store, question, ids, matrix @ query)
            yield Example(plan.domain, kind, question, len(ids), found)


def _fill(store: Store, plan: Plan, encoder: Encoder) -> None:
    for number, (title, texts) in enumerate(plan.documents):
        pages = tuple(Page(at, text) for at, text in enumerate(texts, start=1))
        parsed = ParsedDocument("text/plain", pages, title)
        chunks = chunk_document(parsed, encoder, _CHUNK_TOKENS)
        store.put_document(f"/{number}.txt", 0, 0, f"{number:064x}", parsed, chunks)


def _candidates(store: Store, question: str, ids: FloatArray, cosines: FloatArray) -> FloatArray:
    lexical = dict(store.search_lexical(question, _CANDIDATE_K))
    nearest = ids[np.argsort(-cosines)[:_CANDIDATE_K]].tolist()
    chosen = list(dict.fromkeys([*lexical, *nearest]))
    coverage = store.term_coverage(question, chosen)
    cosine_of = dict(zip(ids.tolist(), cosines.tolist(), strict=True))
    rows = [(cosine_of[chunk], coverage[chunk], lexical.get(chunk, 0.0)) for chunk in chosen]
    return np.array(rows, np.float32).reshape(-1, 3)
