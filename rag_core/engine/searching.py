"""Find passages for a question, and judge whether the documents answer it at all."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rag_core.answer.focus import subject_of
from rag_core.answer.relevance import Evidence, probability, relevance_features
from rag_core.engine.models import told
from rag_core.engine.suited import read_chunks
from rag_core.engine.workspace import Workspace
from rag_core.errors import IndexMismatch
from rag_core.messages import literal
from rag_core.model_protocols import PassageReader
from rag_core.progress import CancelToken
from rag_core.retrieve.hybrid import HybridRetriever
from rag_core.retrieve.protocol import FoundChunk
from rag_core.types import Filters, FloatArray, Passage, Reading, SearchResult

_UNREAD_LANGUAGE = "Passages are ordered by words and meaning only: the reader does not know this language."
_NEITHER_READS = (
    "Searching by words only: neither the embedding model nor the reader knows the language of the question."
)
_NOT_EMBEDDED = "Searching by words only: the embedding model does not read the language of the question."


@dataclass(frozen=True, slots=True)
class Found:
    """`query_vector` is None where words had to do: no vectors yet, or a language that the embedder does not read."""

    result: SearchResult
    query_vector: FloatArray | None


@dataclass(slots=True)
class _CloseReading:
    """Reads the chunks that were found, and remembers how many and how long that took."""

    question: str
    reader: PassageReader
    work: Workspace
    marks: bool
    cancel: CancelToken | None
    elapsed_ms: float = 0.0
    read: int = 0

    def __call__(self, chunks: Sequence[FoundChunk]) -> list[Reading | None]:
        """None for chunks in a language that the reader does not know, too."""
        started = time.perf_counter()
        known = [chunk for chunk in chunks if self.work.models.reads_closely(chunk.text)]
        texts = [(subject_of(chunk.headings, chunk.title, next(iter(chunk.paths), "")), chunk.text) for chunk in known]
        said = self.reader.read(self.question, texts, self.cancel) if texts else []
        by_id = {chunk.chunk_id: reading for chunk, reading in zip(known, said, strict=True)}
        self.elapsed_ms += (time.perf_counter() - started) * 1000
        self.read += sum(reading is not None for reading in said)
        return [self._kept(by_id.get(chunk.chunk_id)) for chunk in chunks]

    def _kept(self, reading: Reading | None) -> Reading | None:
        return reading if reading is None or self.marks else Reading(reading.relevance)


def search(
    query: str,
    filters: Filters,
    work: Workspace,
    top_k: int,
    *,
    rerank: bool = True,
    asked_now: str = "",
    cancel: CancelToken | None = None,
) -> Found:
    """Without `rerank` no reader is asked. `asked_now` is the follow-up alone, where `query` repeats the question that
    it leans on: there passages are judged, but no words marked, because the reader would answer the earlier question.

    Raises PackMissing when vectors are there and the embedder that made them is not; Cancelled when `cancel` is set
    while passages are read.
    """
    work.models.load_ms.clear()
    started = time.perf_counter()
    vector, notices = _query_vector(query, work)
    reading = _close_reading(query, work, asked_now in ("", query), cancel) if rerank else None
    if rerank and _knows_other_languages_only(query, work):
        notices = _with_unread(notices)
    timings_ms = dict(work.models.load_ms)
    timings_ms["embed_query"] = (time.perf_counter() - started) * 1000 - sum(timings_ms.values())

    started = time.perf_counter()
    passages = HybridRetriever(work.index, rrf_k=work.settings.rrf_k).search(
        query,
        vector,
        top_k=top_k,
        candidate_k=work.settings.candidate_k,
        filters=filters,
        reading=reading,
        read_k=read_chunks(top_k, work.models),
    )
    timings_ms["retrieve"] = (time.perf_counter() - started) * 1000
    counts = {}
    if reading is not None:
        timings_ms["retrieve"] -= reading.elapsed_ms
        timings_ms["rerank"] = reading.elapsed_ms
        counts["reranked"] = reading.read

    started = time.perf_counter()
    relevance = _relevance(query, passages, work)
    timings_ms["judge"] = (time.perf_counter() - started) * 1000
    providers, reasons = dict(work.models.providers), told(work.models)
    result = SearchResult(
        query, tuple(passages), relevance, timings_ms, providers, tuple(map(literal, notices)), reasons, counts
    )
    return Found(result, vector)


def _close_reading(query: str, work: Workspace, marks: bool, cancel: CancelToken | None) -> _CloseReading | None:
    """None where no reader can read the question; the models' `reasons` say why there is none at all."""
    if _knows_other_languages_only(query, work):
        return None
    reader = work.models.reader
    return None if reader is None else _CloseReading(query, reader, work, marks, cancel)


def _knows_other_languages_only(query: str, work: Workspace) -> bool:
    """Whether there is a reader, for other languages than the question's: the empty text is in any language."""
    return not work.models.reads_closely(query) and work.models.reads_closely("")


def _with_unread(notices: Sequence[str]) -> list[str]:
    """One sentence where neither model knows the language."""
    told = _NEITHER_READS if _NOT_EMBEDDED in notices else _UNREAD_LANGUAGE
    return [*(notice for notice in notices if notice != _NOT_EMBEDDED), told]


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
        return None, [_NOT_EMBEDDED]
    notices = [f"{_passages(pending)} found by words only until adding has finished."] * bool(pending)
    return work.models.encoder.encode_queries([query])[0], notices


def _passages(count: int) -> str:
    return "1 passage is" if count == 1 else f"{count:,} passages are"


def _relevance(query: str, passages: list[Passage], work: Workspace) -> float:
    """The calibrated probability that these passages answer the query; 0.0 when there are none."""
    if not passages:
        return 0.0
    coverage = work.store.term_coverage(query, [chunk_id for p in passages for chunk_id in p.chunk_ids])
    evidence = [
        Evidence(
            p.dense_score,
            max(coverage[chunk_id] for chunk_id in p.chunk_ids),
            p.text,
            p.rerank_score,
            p.answer_probability,
        )
        for p in passages
    ]
    embedder = work.models.identity.encoder_pack_id
    features = relevance_features(query, evidence, embedder=embedder, library_chunks=work.store.chunk_count())
    return probability(features)
