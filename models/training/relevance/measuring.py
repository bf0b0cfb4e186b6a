"""Builds a drawn library for real (parsed pages, chunks, keyword index, vectors), asks it, and keeps what was found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np

from models.training.json_lines import read_lines
from models.training.relevance.libraries import Plan
from models.training.relevance.sources import Kind
from rag_core.answer.relevance import PASSAGES, Evidence
from rag_core.index.store import Store
from rag_core.ingest.chunker import chunk_document
from rag_core.model_protocols import TextEncoder, TokenCounter
from rag_core.retrieve.hybrid import HybridRetriever
from rag_core.types import FloatArray, Page, ParsedDocument

_CHUNK_TOKENS = 220
_EMBED_BATCH = 512
_EMBEDDERS_LANGUAGE = "en"


class Encoder(TextEncoder, TokenCounter, Protocol):
    """An embedder that also tells where its tokens lie."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question asked of one library of `chunks` chunks, and the evidence that was found."""

    domain: str
    kind: Kind
    question: str
    chunks: int
    evidence: tuple[Evidence, ...]


def read_examples(path: Path) -> Iterator[Example]:
    for stored in read_lines(path):
        yield Example(**stored | {"evidence": tuple(Evidence(**passage) for passage in stored["evidence"])})


class VectorCache:
    """Vectors of texts that were embedded before, by hash: the same passage stands in many libraries. Without a path
    they are forgotten at the end."""

    def __init__(self, path: Path | None, encoder: Encoder) -> None:
        self._path = path
        self._encoder = encoder
        self._known: dict[str, FloatArray] = {}
        if path is not None and path.exists():
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
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(self._path, keys=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))


def ask_all(plan: Plan, encoder: Encoder, cache: VectorCache) -> Iterator[Example]:
    """Build the library of `plan` in a temporary folder and ask every question of it, as the engine does: in a language
    that the embedder does not know, by keywords alone."""
    with TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        fill(store, plan, encoder)
        chunks = store.pending_count()
        queries: Sequence[FloatArray | None] = [None] * len(plan.questions)
        if plan.language == _EMBEDDERS_LANGUAGE:
            queries = list(encoder.encode_queries([text for text, _ in plan.questions]))
        while plan.language == _EMBEDDERS_LANGUAGE and (batch := store.pending_chunks(_EMBED_BATCH)):
            store.put_vectors([chunk.chunk_id for chunk in batch], cache.vectors([chunk.text for chunk in batch]))
        retriever = HybridRetriever(store)
        for (question, kind), query in zip(plan.questions, queries, strict=True):
            passages = retriever.search(question, query, top_k=PASSAGES)
            coverage = store.term_coverage(question, [chunk for passage in passages for chunk in passage.chunk_ids])
            evidence = tuple(
                Evidence(passage.dense_score, max(coverage[chunk] for chunk in passage.chunk_ids), passage.text)
                for passage in passages
            )
            yield Example(plan.domain, kind, question, chunks, evidence)


def fill(store: Store, plan: Plan, encoder: TokenCounter) -> None:
    """Put the documents of `plan` into an empty store, as the program would; `document_id` is the number in hex."""
    for number, (title, texts) in enumerate(plan.documents):
        pages = tuple(Page(at, text) for at, text in enumerate(texts, start=1))
        parsed = ParsedDocument("text/plain", pages, title)
        chunks = list(chunk_document(parsed, encoder, _CHUNK_TOKENS))
        store.put_document(f"/{number}.txt", 0, 0, f"{number:064x}", parsed, chunks)
