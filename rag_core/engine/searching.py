"""Find passages for a question, and judge whether the documents answer it at all."""

from __future__ import annotations

import time
from dataclasses import dataclass

from rag_core.answer.relevance import Evidence, probability, relevance_features
from rag_core.engine.workspace import Workspace
from rag_core.errors import IndexMismatch
from rag_core.retrieve.hybrid import HybridRetriever
from rag_core.types import Filters, FloatArray, Passage, SearchResult


@dataclass(frozen=True, slots=True)
class Found:
    """`query_vector` is None where words had to do: no vectors yet, or a language that the embedder does not read."""

    result: SearchResult
    query_vector: FloatArray | None


def search(query: str, filters: Filters, work: Workspace, top_k: int) -> Found:
    """Raises PackMissing when vectors are there and the embedder that made them is not."""
    timings_ms: dict[str, float] = {}
    work.models.load_ms.clear()
    started = time.perf_counter()
    vector, notices = _query_vector(query, work)
    opened_ms = sum(work.models.load_ms.values())
    timings_ms |= work.models.load_ms
    timings_ms["embed_query"] = (time.perf_counter() - started) * 1000 - opened_ms

    started = time.perf_counter()
    retriever = HybridRetriever(work.index, rrf_k=work.settings.rrf_k)
    passages = retriever.search(query, vector, top_k=top_k, candidate_k=work.settings.candidate_k, filters=filters)
    timings_ms["retrieve"] = (time.perf_counter() - started) * 1000

    started = time.perf_counter()
    relevance = _relevance(query, passages, work)
    timings_ms["judge"] = (time.perf_counter() - started) * 1000
    providers, reasons = dict(work.models.providers), dict(work.models.reasons)
    result = SearchResult(query, tuple(passages), relevance, timings_ms, providers, tuple(notices), reasons)
    return Found(result, vector)


def _query_vector(query: str, work: Workspace) -> tuple[FloatArray | None, list[str]]:
    """The question's vector, or None where words must do; and what the person should know of it."""
    store = work.store
    pending = store.pending_count()
    if store.vector_count() == 0:
        return None, [f"Searching by words only: {_passages(pending)} not searchable by meaning yet."] * bool(pending)
    different = store.identity_differences(work.models.identity)
    if different:
        raise IndexMismatch("This library was made with another embedding model than the one in use now.")
    if not work.models.reads(query):
        return None, ["Searching by words only: the embedding model does not read the language of the question."]
    notices = [f"{_passages(pending)} found by words only until adding has finished."] * bool(pending)
    return work.models.encoder.encode_queries([query])[0], notices


def _passages(count: int) -> str:
    return "1 passage is" if count == 1 else f"{count:,} passages are"


def _relevance(query: str, passages: list[Passage], work: Workspace) -> float:
    """The calibrated probability that these passages answer the query; 0.0 when there are none."""
    if not passages:
        return 0.0
    coverage = work.store.term_coverage(query, [chunk_id for p in passages for chunk_id in p.chunk_ids])
    evidence = [Evidence(p.dense_score, max(coverage[chunk_id] for chunk_id in p.chunk_ids), p.text) for p in passages]
    embedder = work.models.identity.encoder_pack_id
    features = relevance_features(query, evidence, embedder=embedder, library_chunks=work.store.chunk_count())
    return probability(features)
