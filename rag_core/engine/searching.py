"""Find passages for a question, and judge whether the documents answer it at all."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rag_core.answer.focus import subject_of
from rag_core.answer.relevance import Evidence, probability, relevance_features
from rag_core.engine.models import StageModel
from rag_core.engine.suited import read_chunks
from rag_core.engine.workspace import Workspace
from rag_core.errors import IndexMismatch
from rag_core.messages import Message, say
from rag_core.progress import CancelToken
from rag_core.read.reader import Reader
from rag_core.retrieve.hybrid import HybridRetriever
from rag_core.stages import EMBED, READ
from rag_core.text.function_words import without_function_words
from rag_core.text.language import UNKNOWN, Language, language_of, language_within, name_of
from rag_core.types import ChatMessage, Filters, FloatArray, Passage, Reading, SearchResult, StoredChunk


@dataclass(slots=True)
class _CloseReading:
    """Reads the chunks that were found, and remembers how many and how long that took."""

    question: str
    reader: StageModel[Reader]
    marks: bool
    cancel: CancelToken | None
    elapsed_ms: float = 0.0
    read: int = 0

    def __call__(self, chunks: Sequence[StoredChunk]) -> list[Reading | None]:
        """None for chunks in a language that the reader does not know, too."""
        started = time.perf_counter()
        knows = self.reader.knows
        known = [chunk for chunk in chunks if knows(language_within(chunk.text, chunk.language))]
        texts = [(subject_of(chunk.headings, chunk.title, next(iter(chunk.paths), "")), chunk.text) for chunk in known]
        said: list[Reading | None] = [None] * len(texts)
        if texts:
            said = self.reader.attempt(lambda reader: reader.read(self.question, texts, self.cancel), said)
        by_id = {chunk.chunk_id: reading for chunk, reading in zip(known, said, strict=True)}
        self.elapsed_ms += (time.perf_counter() - started) * 1000
        self.read += sum(reading is not None for reading in said)
        return [self._kept(by_id.get(chunk.chunk_id)) for chunk in chunks]

    def _kept(self, reading: Reading | None) -> Reading | None:
        return reading if reading is None or self.marks else Reading(reading.relevance)


def language_asked(question: str, history: Sequence[ChatMessage], work: Workspace) -> Language:
    """The question's; where it leaves that open, the language of the question before it, or what documents are in."""
    usual = work.store.usual_languages()
    before = next((message.content for message in reversed(history) if message.role == "user"), "")
    return language_of(question, language_of(before, *usual), *usual)


def search(
    query: str,
    language: Language,
    filters: Filters,
    work: Workspace,
    top_k: int,
    *,
    read: bool = True,
    asked_now: str = "",
    quotes_only: bool = False,
    cancel: CancelToken | None = None,
) -> tuple[SearchResult, FloatArray | None]:
    """What was found, and the question's vector: None where words had to do, because there are no vectors yet, or the
    embedder does not read the language.

    Without `read` no reader is asked. `asked_now` is the follow-up alone, where `query` repeats the question that
    it leans on: there passages are judged, but no words marked, because the reader would answer the earlier question.

    `language` is the question's: models that do not know it are not asked, and the notices say so once; with
    `quotes_only`, that no answer will be written in it either.

    Raises PackMissing when vectors are there and the embedder that made them is not; Cancelled when `cancel` is set
    while passages are read.
    """
    work.models.load_ms.clear()
    started = time.perf_counter()
    embedded = work.store.vector_count() == 0 or _knows_vectors(language, work)
    unread = read and _reads_others_only(language, work)
    reads = read and not unread and work.models[READ].or_none() is not None
    vector = _query_vector(query, work) if embedded else None
    reading = _CloseReading(query, work.models[READ], asked_now in ("", query), cancel) if reads else None
    notices = _pending(work, embedded) + _unknown_language(language, embedded, unread, quotes_only)
    timings_ms = dict(work.models.load_ms)
    timings_ms["embed_query"] = (time.perf_counter() - started) * 1000 - sum(timings_ms.values())

    started = time.perf_counter()
    words = without_function_words(query, language)
    passages = HybridRetriever(work.store, rrf_k=work.settings.rrf_k).search(
        words,
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
        timings_ms[READ.name] = reading.elapsed_ms
        counts["reranked"] = reading.read

    started = time.perf_counter()
    relevance = _relevance(words, passages, work)
    timings_ms["judge"] = (time.perf_counter() - started) * 1000
    providers, reasons = work.models.providers, work.models.reasons
    result = SearchResult(query, tuple(passages), relevance, timings_ms, providers, notices, reasons, counts)
    return result, vector


def _knows_vectors(language: Language, work: Workspace) -> bool:
    """Whether the model that made the library's vectors reads the language."""
    if work.store.identity_differences(work.identity):
        raise IndexMismatch(say("library-of-another-embedder"))
    return work.models[EMBED].knows(language)


def _query_vector(query: str, work: Workspace) -> FloatArray | None:
    """None where nothing is searchable by meaning yet."""
    return work.models[EMBED].model.encode_queries([query])[0] if work.store.vector_count() else None


def _reads_others_only(language: Language, work: Workspace) -> bool:
    """Whether there is a reader, for other languages; its `reason` says why there is none at all."""
    return not work.models[READ].knows(language) and work.models[READ].knows(UNKNOWN)


def _pending(work: Workspace, embedded: bool) -> tuple[Message, ...]:
    count = work.store.pending_count()
    if not count or not embedded:
        return ()
    if work.store.vector_count() == 0:
        return (say("nothing-by-meaning-yet", count=count),)
    return (say("some-by-words-only", count=count),)


def _unknown_language(language: Language, embedded: bool, unread: bool, quotes_only: bool) -> tuple[Message, ...]:
    """What is done without because models do not know the language, in one sentence."""
    name = name_of(language)
    match embedded, unread, quotes_only:
        case False, _, False:
            return (say("language-by-words", language=name),)
        case False, _, True:
            return (say("language-by-words-quoted", language=name),)
        case True, True, False:
            return (say("language-unread", language=name),)
        case True, True, True:
            return (say("language-unread-quoted", language=name),)
        case True, False, True:
            return (say("language-quoted", language=name),)
    return ()


def _relevance(query: str, passages: list[Passage], work: Workspace) -> float:
    """The calibrated probability that these passages answer the query; 0.0 when there are none."""
    if not passages:
        return 0.0
    coverage = work.store.term_coverage(query, [chunk_id for p in passages for chunk_id in p.chunk_ids])
    # Of the first in a language that the reader does not know, what it says of the others tells nothing.
    is_told = work.models[READ].knows(language_within(passages[0].text, passages[0].language))
    evidence = [
        Evidence(
            p.dense_score,
            max(coverage[chunk_id] for chunk_id in p.chunk_ids),
            p.text,
            p.rerank_score if is_told else None,
            p.answer_probability if is_told else None,
        )
        for p in passages
    ]
    embedder = work.models[EMBED].pack.id
    features = relevance_features(query, evidence, embedder=embedder, library_chunks=work.store.chunk_count())
    return probability(features)
