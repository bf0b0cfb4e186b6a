"""Where each stage really runs: opened, and run for real. What is opened stays open for the first question."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator

from rag_core.answer.prompt import build_prompt
from rag_core.engine.models import Models, has_no_reader, open_largest_first
from rag_core.engine.suited import in_effect
from rag_core.errors import ProviderUnavailable, RagError, UserError
from rag_core.host.events import StageCheck
from rag_core.messages import literal
from rag_core.progress import CancelToken, Progress
from rag_core.runtime.devices import CPU, PLAIN_NAMES, list_devices
from rag_core.runtime.stages import EMBED, GENERATE, RERANK
from rag_core.settings import InEffect, Settings

_SENTENCE, _TEXT = "Where does this run?", "It runs on this computer."
_QUESTION_TOKENS = 256


def check_stages(
    models: Models, settings: Settings, token: CancelToken
) -> Generator[Progress | InEffect, None, tuple[StageCheck, ...]]:
    """A question waits for the opening of one model at most. A stage that cannot run says why; an optional one that
    nothing is installed for is left out.
    """
    stages = {EMBED.name: _embed, RERANK.name: _rerank, GENERATE.name: _generate}
    yield Progress("check", 0, len(stages), "stages")
    open_largest_first(models)
    found = []
    for done, (stage, run) in enumerate(stages.items()):
        yield Progress("check", done, len(stages), "stages", stage)
        if stage == RERANK.name and has_no_reader(models):
            continue
        found.append((yield from _checked(stage, run, models, settings, token)))
    yield in_effect(settings, models)
    return tuple(found)


def _checked(
    stage: str, run: Callable[[Models, CancelToken], str], models: Models, settings: Settings, token: CancelToken
) -> Generator[Progress, None, StageCheck]:
    """The first run opens the model and warms it up, the second is timed."""
    requested = settings.execution_provider
    try:
        run(models, token)
        yield Progress("check", 0, None, "", stage)
        started = time.perf_counter()
        model = run(models, token)
        elapsed_ms = (time.perf_counter() - started) * 1000
    except RagError as error:
        token.raise_if_cancelled()
        reason = error.message if isinstance(error, UserError) else literal(str(error))
        return StageCheck(stage, "", "", requested, reason, can_retry=stage in models.failed)
    provider = models.providers[stage]
    return StageCheck(
        stage,
        provider,
        _device(provider),
        requested,
        literal(models.reasons.get(stage, "")),
        model,
        elapsed_ms,
        models.precisions.get(stage, ""),
        stage in models.failed,
    )


def _embed(models: Models, _token: CancelToken) -> str:
    encoder = models.encoder
    encoder.encode_queries([_SENTENCE])
    return encoder.pack_id


def _rerank(models: Models, token: CancelToken) -> str:
    """Its last place may fail at this very sentence: then there is no reader any more."""
    if (reader := models.reader) is not None:
        reader.read(_SENTENCE, [("", _TEXT)], token)
    if (reader := models.reader) is None:
        raise ProviderUnavailable(models.reasons[RERANK.name])
    return reader.pack_id


def _generate(models: Models, token: CancelToken) -> str:
    """One token, after the part of the prompt that every question shares: its work is kept for the first question.

    Room is asked for as a real question would, since what was computed in a smaller room is not kept.
    """
    generator = models.generator
    messages = build_prompt(_SENTENCE, (), (), models.evidence_tokens, generator.count_tokens).messages
    room = generator.context_tokens - generator.count_prompt_tokens(messages)
    wanted = models.max_new_tokens + models.evidence_tokens + models.evidence_tokens // 4 + _QUESTION_TOKENS
    next(iter(generator.generate(messages, max_new_tokens=max(1, min(room, wanted)), cancel=token)), "")
    return generator.pack_id


def _device(provider: str) -> str:
    """The plain name of where a provider runs."""
    found = list_devices(look_for_npu=provider != CPU).first(provider)
    return found.name if found else PLAIN_NAMES.get(provider, provider)
