"""Measures a provider in a process of its own: its memory is its own, and a crash costs its column and nothing else."""

from __future__ import annotations

import pickle
import queue
import subprocess
import time
from collections.abc import Generator
from contextlib import suppress

from rag_core.bench.compare.records import Ended, Order, ProviderRun
from rag_core.messages import Message, say
from rag_core.process.children import Replies, child_at_work
from rag_core.progress import Progress

# A question on an emulated NPU can take minutes, and says nothing meanwhile.
_LONGEST_SILENCE_S = 1800.0
_LISTEN_S = 0.5  # Ctrl-C is not heard for longer
_END_S = 5.0


def measured_apart(
    order: Order, longest_silence_s: float = _LONGEST_SILENCE_S
) -> Generator[Progress, None, ProviderRun]:
    """What the provider did, as far as it came: `failure` says how its process ended, if not well.

    Closing the generator ends the process.
    """
    run = ProviderRun(order.provider)
    with child_at_work("bench", order, subprocess.DEVNULL) as (process, messages):
        try:
            while (payload := _next(messages, longest_silence_s)) is not None:
                message = pickle.loads(payload)
                if isinstance(message, Progress):
                    yield message
                elif isinstance(message, Ended):
                    run.failure = message.failure
                    return run
                else:
                    run = message
        except TimeoutError:
            run.failure = say("process-silent", minutes=longest_silence_s / 60)
            return run
        run.failure = _how_it_ended(process)
        return run


def _next(messages: Replies, longest_silence_s: float) -> bytes | None:
    """What the process says next; None when it closed its side. Raises TimeoutError where it says nothing."""
    deadline = time.monotonic() + longest_silence_s
    while time.monotonic() < deadline:
        with suppress(queue.Empty):
            return messages.get(timeout=_LISTEN_S)
    raise TimeoutError


def _how_it_ended(process: subprocess.Popen[bytes]) -> Message:
    try:
        code = process.wait(_END_S)
    except subprocess.TimeoutExpired:
        return say("process-stopped-talking")
    told = f"signal {-code}" if code < 0 else f"code {code:#x}" if code > 255 else f"code {code}"
    return say("process-ended", how=told)
