"""Measures a provider in a process of its own: its memory is its own, and a crash costs its column and nothing else."""

from __future__ import annotations

import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import suppress

from rag_core.children import child_command, creation_flags
from rag_core.evaluate.compare.records import Ended, Order, ProviderRun
from rag_core.progress import Progress
from rag_core.wire import receive, send

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
    process = subprocess.Popen(
        child_command("bench"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=sys.platform != "win32",  # so that the terminal's Ctrl-C does not reach it
        creationflags=creation_flags(),
    )
    messages: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    listening = threading.Thread(target=_listen, args=(process, messages), name="bench", daemon=True)
    listening.start()
    run = ProviderRun(order.provider)
    try:
        assert process.stdin is not None
        with suppress(OSError):  # a process that is gone is reported below
            send(process.stdin, pickle.dumps(order))
        while (payload := _next(messages, longest_silence_s)) is not None:
            message = pickle.loads(payload)
            if isinstance(message, Progress):
                yield message
            elif isinstance(message, Ended):
                run.failure = message.failure
                return run
            else:
                run = message
        run.failure = _how_it_ended(process)
        return run
    except TimeoutError:
        run.failure = f"Its process said nothing for {longest_silence_s / 60:.0f} minutes and was stopped."
        return run
    finally:
        _end(process, listening)


def _listen(process: subprocess.Popen[bytes], messages: queue.SimpleQueue[bytes | None]) -> None:
    assert process.stdout is not None
    while (payload := receive(process.stdout)) is not None:
        messages.put(payload)
    messages.put(None)


def _next(messages: queue.SimpleQueue[bytes | None], longest_silence_s: float) -> bytes | None:
    """What the process says next; None when it closed its side. Raises TimeoutError where it says nothing."""
    deadline = time.monotonic() + longest_silence_s
    while time.monotonic() < deadline:
        with suppress(queue.Empty):
            return messages.get(timeout=_LISTEN_S)
    raise TimeoutError


def _how_it_ended(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(_END_S)
    except subprocess.TimeoutExpired:
        return "Its process stopped talking and was ended."
    told = f"signal {-code}" if code < 0 else f"code {code:#x}" if code > 255 else f"code {code}"
    return f"Its process ended unexpectedly ({told})."


def _end(process: subprocess.Popen[bytes], listening: threading.Thread) -> None:
    process.kill()
    process.wait()
    listening.join()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # nothing that waits in it is wanted any more
                pipe.close()
