"""A question, from its text to a cited answer: embed, retrieve, read, judge, prompt, generate, check.

A generator of events, so that passages are shown before the language model has said a word. Every figure in
`timings_ms` is measured where the work is done; `first_passages`, `quote` and `first_token` count from the question.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace

from rag_core.answer.checking import Support, holds
from rag_core.answer.citations import GroundedStream
from rag_core.answer.conversation import search_query
from rag_core.answer.focus import Piece, Similarity, rank_pieces
from rag_core.answer.prompt import PROMPT_ID
from rag_core.engine.checking import support_by_reader
from rag_core.engine.fitting import fitting_prompt
from rag_core.engine.models import open_largest_first
from rag_core.engine.searching import language_asked, search
from rag_core.engine.suited import in_effect_here, room_for, top_k
from rag_core.engine.workspace import Workspace
from rag_core.errors import PackCorrupt, PackMissing
from rag_core.messages import ENGLISH, catalogue, say
from rag_core.progress import CancelToken
from rag_core.stages import EMBED, GENERATE, READ
from rag_core.text.function_words import without_function_words
from rag_core.text.language import Language, language_within, name_of
from rag_core.types import Answer, AskEvent, ChatMessage, Filters, FloatArray, Quote, SearchResult, TextStreamed


@dataclass(slots=True)
class _Clock:
    """Milliseconds since the question was asked, and of each stage."""

    started: float = field(default_factory=time.perf_counter)
    timings_ms: dict[str, float] = field(default_factory=dict)

    def mark(self, name: str) -> None:
        self.timings_ms[name] = (time.perf_counter() - self.started) * 1000


@dataclass(slots=True)
class _Asked:
    """One question on its way; `query` is what it was searched as."""

    question: str
    query: str
    language: Language
    history: Sequence[ChatMessage]
    work: Workspace
    cancel: CancelToken
    clock: _Clock
    result: SearchResult
    read: bool

    @property
    def not_found(self) -> str:
        return catalogue(self.language).words(say("answer-not-found"))

    def quoted(self, quote: Quote) -> str:
        """The document's own words, led by the program's where it speaks the language of the question."""
        words = " ".join(quote.text.split())
        spoken = catalogue(self.language or ENGLISH)
        return spoken.words(say("answer-quoted", quote=words)) if spoken.code == (self.language or ENGLISH) else words


def ask(
    question: str,
    history: Sequence[ChatMessage],
    filters: Filters,
    work: Workspace,
    cancel: CancelToken,
    *,
    read: bool = True,
) -> Generator[AskEvent, None, Answer]:
    """Yields `SearchResult`, `Quote`, `TextStreamed`*, `Answer`; the generator's value is the answer too.

    Without `read` no reader is asked. Raises Cancelled when `cancel` is set, PackMissing when the language model is
    needed and not installed.
    """
    clock = _Clock()
    query = search_query(question, history)
    work.models.load_ms.clear()
    open_largest_first(work.models)
    clock.timings_ms |= work.models.load_ms
    limit = top_k(work.settings, work.models)
    language = language_asked(question, history, work)
    writes = _writes(language, work)
    result, vector = search(
        query,
        language,
        filters,
        work,
        limit,
        read=read,
        asked_now=question,
        quotes_only=not writes,
        cancel=cancel,
    )
    clock.timings_ms |= result.timings_ms
    clock.mark("first_passages")
    yield result
    cancel.raise_if_cancelled()
    asked = _Asked(question, query, language, history, work, cancel, clock, result, read)
    pieces = rank_pieces(
        without_function_words(query, language),
        result.passages,
        _similarity(vector, work),
        without_function_words(question, language),
    )
    clock.mark("quote")
    if result.relevance < work.settings.relevance_threshold or not pieces:
        yield TextStreamed(asked.not_found)
        nearest = replace(pieces[0], marked=False).quote if pieces else None  # what was not found is not marked
        answer = _answer(asked, GroundedStream(result.passages, text=asked.not_found), nearest, not_found=True)
    else:
        yield pieces[0].quote
        cancel.raise_if_cancelled()
        answer = yield from _answered(asked, pieces, writes)
    yield answer
    return answer


def _answered(asked: _Asked, pieces: Sequence[Piece], writes: bool) -> Generator[AskEvent, None, Answer]:
    """In the language model's words, where it knows the languages of the question (`writes`) and of the answer."""
    passage = asked.result.passages[pieces[0].quote.passage - 1]
    language = language_within(passage.text, passage.language)
    if writes and _writes(language, asked.work):
        return (yield from _generate(asked, pieces))
    answer = yield from _quote(asked, pieces)
    told = (say("language-of-document-quoted", language=name_of(language)),)
    return replace(answer, notices=told) if writes else answer


def _writes(language: Language, work: Workspace) -> bool:
    """Whoever opens a language model that is not there is told."""
    try:
        return work.models[GENERATE].knows(language)
    except (PackMissing, PackCorrupt):
        return True


def _similarity(query_vector: FloatArray | None, work: Workspace) -> Similarity | None:
    """Cosines of sentences to the question; None where the question has no vector."""
    if query_vector is None:
        return None

    def cosines(texts: Sequence[str]) -> list[float]:
        values: list[float] = (work.models[EMBED].model.encode_passages(texts) @ query_vector).tolist()
        return values

    return cosines


def _generate(asked: _Asked, pieces: Sequence[Piece]) -> Generator[AskEvent, None, Answer]:
    models, clock = asked.work.models, asked.clock
    generator = models[GENERATE].model
    clock.timings_ms |= models.load_ms
    evidence, limit = room_for(asked.work.settings, models[GENERATE])
    prompt, notices = fitting_prompt(asked.question, pieces, asked.history, generator, evidence, limit, asked.query)
    stream = GroundedStream(asked.result.passages, asked.query, _support(asked))
    for piece in generator.generate(prompt.messages, max_new_tokens=limit, cancel=asked.cancel):
        if "first_token" not in clock.timings_ms:
            clock.mark("first_token")
        if shown := stream.feed(piece):
            yield TextStreamed(shown)
    checked_meanwhile_ms = clock.timings_ms.get("check", 0.0)
    if shown := stream.finish():
        yield TextStreamed(shown)
    if _wants_quote(stream, pieces[0]):
        separator = "\n\n" if stream.text else ""
        yield TextStreamed(stream.add_quote(separator + asked.quoted(pieces[0].quote), pieces[0].quote))
    stats = generator.stats
    clock.timings_ms |= {"prefill": stats.prefill_ms, "decode": stats.decode_ms - checked_meanwhile_ms}
    counts = {name: getattr(stats, name) for name in ("prompt_tokens", "reused_tokens", "new_tokens")}
    answer = _answer(asked, stream, pieces[0].quote, generated=True)
    return replace(answer, notices=notices, counts=answer.counts | counts)


def _support(asked: _Asked) -> Support | None:
    """The reader's word on sentences, timed as `check`; None where it was not asked for or cannot tell."""
    if not asked.read:
        return None
    return support_by_reader(asked.language, asked.work, asked.clock.timings_ms, asked.cancel)


def _wants_quote(stream: GroundedStream, best: Piece) -> bool:
    """Whether the person gets the document's own words as well: where nothing of what the model said is in the
    passages, and where it left out the answer that the reader marked and is sure of, or said something else instead.
    """
    if not stream.citations:
        return True
    answer = best.quote.answer_text
    left_out = bool(answer) and not holds(stream.text, answer)
    return left_out and (bool(stream.unsupported) or best.is_sure)


def _quote(asked: _Asked, pieces: Sequence[Piece]) -> Generator[AskEvent, None, Answer]:
    """The language model does not know the language of question or answer: the document speaks for itself."""
    stream = GroundedStream(asked.result.passages)
    yield TextStreamed(stream.add_quote(asked.quoted(pieces[0].quote), pieces[0].quote))
    return _answer(asked, stream, pieces[0].quote)


def _answer(
    asked: _Asked, stream: GroundedStream, quote: Quote | None, *, generated: bool = False, not_found: bool = False
) -> Answer:
    asked.clock.mark("total")
    return Answer(
        question=asked.question,
        text=stream.text,
        not_found=not_found,
        generated=generated,
        quote=quote,
        passages=asked.result.passages,
        citations=tuple(stream.citations),
        relevance=asked.result.relevance,
        unsupported=tuple(stream.unsupported),
        timings_ms=asked.clock.timings_ms,
        providers=asked.work.models.providers,
        provenance=_provenance(asked, generated),
        counts=asked.result.counts,
        checks=tuple(stream.checks),
        reasons=asked.work.models.reasons,
    )


def _provenance(asked: _Asked, generated: bool) -> dict[str, str]:
    """What made this answer: enough to make it again."""
    work = asked.work
    used = in_effect_here(work)
    made_by = {"schema": work.store.meta()["schema_version"], "embedder": work.models[EMBED].pack.id}
    made_by |= {"top_k": str(used.top_k), "chunk_tokens": str(used.chunk_tokens)}
    if "reranked" in asked.result.counts and work.models[READ].provider:
        made_by["reader"] = work.models[READ].pack.id
    if not generated:
        return made_by
    prompt = {"prompt": PROMPT_ID, "evidence_tokens": str(used.evidence_tokens)}
    return made_by | {"llm": work.models[GENERATE].pack.id, "max_new_tokens": str(used.max_new_tokens)} | prompt
