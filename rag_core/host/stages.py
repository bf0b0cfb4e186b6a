"""Where each stage really runs: opened, and run for real. What is opened stays open for the first question."""

from __future__ import annotations

import time
from collections.abc import Generator

from rag_core.engine.models import Models, StageModel, open_largest_first
from rag_core.engine.suited import in_effect, tokens_of_a_question
from rag_core.errors import RagError, UserError
from rag_core.host.events import StageCheck
from rag_core.messages import literal
from rag_core.progress import CancelToken, Progress
from rag_core.settings import InEffect, Settings
from rag_core.stages import PlacedModel


def check_stages(
    models: Models, settings: Settings, token: CancelToken
) -> Generator[Progress | InEffect, None, tuple[StageCheck, ...]]:
    """A question waits for the opening of one model at most. A stage that cannot run says why; an optional one that
    nothing is installed for is left out.
    """
    stages = list(models)
    yield Progress("check", 0, len(stages), "stages")
    open_largest_first(models)
    found = []
    for done, on in enumerate(stages):
        yield Progress("check", done, len(stages), "stages", on.stage.name)
        if not (on.stage.optional and on.is_missing):
            tokens = tokens_of_a_question(settings, models)
            found.append((yield from _checked(on, settings.execution_provider, tokens, token)))
    yield in_effect(settings, models)
    return tuple(found)


def _checked(
    on: StageModel[PlacedModel], requested: str, tokens: int, token: CancelToken
) -> Generator[Progress, None, StageCheck]:
    """The first run opens the model and warms it up, the second is timed."""
    stage = on.stage.name
    try:
        on.try_out(tokens, token)
        yield Progress("check", 0, None, "", stage)
        started = time.perf_counter()
        on.try_out(tokens, token)
        elapsed_ms = (time.perf_counter() - started) * 1000
    except RagError as error:
        token.raise_if_cancelled()
        reason = error.message if isinstance(error, UserError) else literal(str(error))
        return StageCheck(stage, "", "", requested, reason, can_retry=on.has_failed)
    where = on.device.name if on.device is not None else ""
    return StageCheck(
        stage, on.provider, where, requested, on.reason, on.pack.id, elapsed_ms, on.precision, on.has_failed
    )
