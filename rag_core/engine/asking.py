"""A question, from its text to a cited answer: embed, retrieve, judge, prompt, generate, ground.

A generator of events, so that passages are shown before the language model has said a word. Every figure in
`timings_ms` is measured where the work is done; `first_passages` and `first_token` count from the question.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from rag_core.answer.citations import GroundedStream
from rag_core.answer.conversation import search_query
from rag_core.answer.prompt import PROMPT_ID, Prompt, build_prompt
from rag_core.engine.searching import search
from rag_core.engine.workspace import Workspace
from rag_core.progress import CancelToken
from rag_core.types import (
    Answer,
    AnswerFinished,
    AskEvent,
    Filters,
    Message,
    PassagesFound,
    SearchResult,
    TextStreamed,
)
from rag_core.words import is_cjk

_NOT_FOUND = "This was not found in these documents."
_NOT_FOUND_CJK = "この文書の中には見つかりませんでした。"


@dataclass(slots=True)
class _Clock:
    """Milliseconds since the question was asked, and of each stage."""

    started: float = field(default_factory=time.perf_counter)
    timings_ms: dict[str, float] = field(default_factory=dict)

    def mark(self, name: str) -> None:
        self.timings_ms[name] = (time.perf_counter() - self.started) * 1000


def ask(
    question: str,
    history: Sequence[Message],
    filters: Filters,
    work: Workspace,
    cancel: CancelToken,
) -> Generator[AskEvent, None, Answer]:
    """Yields `PassagesFound`, `TextStreamed`*, `AnswerFinished`; the generator's value is the answer too.

    Raises Cancelled when `cancel` is set, PackMissing when the language model is needed and not installed.
    """
    clock = _Clock()
    result = search(search_query(question, history), filters, work, work.settings.top_k)
    clock.timings_ms |= result.timings_ms
    clock.mark("first_passages")
    yield PassagesFound(result)
    cancel.raise_if_cancelled()
    if result.relevance < work.settings.relevance_threshold or not result.passages:
        answer = _not_found(question, result, work, clock)
        yield TextStreamed(answer.text)
    else:
        answer = yield from _generate(question, history, result, work, cancel, clock)
    yield AnswerFinished(answer)
    return answer


def _generate(
    question: str,
    history: Sequence[Message],
    result: SearchResult,
    work: Workspace,
    cancel: CancelToken,
    clock: _Clock,
) -> Generator[AskEvent, None, Answer]:
    settings, models = work.settings, work.models
    generator = models.generator
    clock.timings_ms |= models.load_ms
    prompt = build_prompt(question, result.passages, history, settings.prompt_tokens, generator.count_tokens)
    stream = GroundedStream(prompt.passages)
    for piece in generator.generate(prompt.messages, max_new_tokens=settings.max_new_tokens, cancel=cancel):
        if "first_token" not in clock.timings_ms:
            clock.mark("first_token")
        if shown := stream.feed(piece):
            yield TextStreamed(shown)
    if shown := stream.finish():
        yield TextStreamed(shown)
    stats = generator.stats
    clock.timings_ms |= {"prefill": stats.prefill_ms, "decode": stats.decode_ms}
    clock.mark("total")
    return Answer(
        question=question,
        text=stream.text,
        not_found=False,
        passages=result.passages,
        citations=tuple(stream.citations),
        relevance=result.relevance,
        unsupported=tuple(stream.unsupported),
        timings_ms=clock.timings_ms,
        providers=dict(models.providers),
        provenance=_provenance(work, prompt),
        counts={
            "prompt_tokens": stats.prompt_tokens,
            "reused_tokens": stats.reused_tokens,
            "new_tokens": stats.new_tokens,
            "passages_left_out": prompt.left_out,
        },
    )


def _not_found(question: str, result: SearchResult, work: Workspace, clock: _Clock) -> Answer:
    clock.mark("total")
    return Answer(
        question=question,
        text=_NOT_FOUND_CJK if is_cjk(question) else _NOT_FOUND,
        not_found=True,
        passages=result.passages,
        citations=(),
        relevance=result.relevance,
        unsupported=(),
        timings_ms=clock.timings_ms,
        providers=dict(work.models.providers),
        provenance=_provenance(work, None),
    )


def _provenance(work: Workspace, prompt: Prompt | None) -> dict[str, str]:
    """What made this answer: enough to make it again."""
    made_by = {"schema": work.store.meta()["schema_version"], "embedder": work.models.identity.encoder_pack_id}
    if prompt is not None:
        made_by |= {"llm": work.models.llm_id, "prompt": PROMPT_ID}
    return made_by
