"""The inside of a child process: orders come in, replies go out, limits hold. It imports nothing heavy.

Messages go over the standard streams, each with its length before it. Whatever a library prints goes nowhere.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from rag_core.errors import UserError
from rag_core.process.error_wire import packed_error, packed_trouble
from rag_core.process.trouble import Trouble
from rag_core.process.wire import receive, send, take_pipes

_PROCESSOR_EXTRA_S = 60


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use: first half of the first message that it gets; the other half is what its work needs."""

    memory_bytes: int
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Order:
    """One piece of work on one file; `wanted` is what to do with it."""

    path: Path
    wanted: Any = None


def serve(prepare: Callable[[Any], Callable[[Order], bytes]]) -> None:
    """Until the parent goes away: take the configuration, `prepare` with it, then answer each order with its bytes, or
    with the UserError that it raises.

    Memory beyond the limit is trouble with the order, then the child ends.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to decide about
    incoming, outgoing = take_pipes(prints=False)
    orders: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(incoming, orders), daemon=True).start()
    limits: Limits
    limits, config = orders.get()
    limit_memory(limits.memory_bytes)
    answer = prepare(config)
    _say_on_failure(outgoing)
    while True:
        order: Order = orders.get()
        limit_processor_time(limits.timeout_s)
        reply = b""
        with suppress(MemoryError):  # what the work held is let go of when this block ends: then there is room to speak
            try:
                reply = answer(order)
            except UserError as error:
                reply = packed_error(error)
        if not reply:
            send(outgoing, packed_trouble(Trouble("out_of_memory")))
            return
        send(outgoing, reply)


def _say_on_failure(outgoing: IO[bytes]) -> None:
    """An error that nobody foresaw ends this process; its name reaches the person, with the place for a report."""

    def last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:  # noqa: ARG001
        places = traceback.extract_tb(trace)
        where = f", {Path(places[-1].filename).name} line {places[-1].lineno}" if places else ""
        send(outgoing, packed_trouble(Trouble("failed", f"{type(error).__name__}: {error}{where}")))

    sys.excepthook = last_words


def limit_memory(memory_bytes: int) -> None:
    """Let the system refuse memory beyond the limit, where it can; elsewhere the parent watches."""
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
        try:
            resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
        except (ValueError, OSError):
            return  # macOS may refuse; the parent's watch remains


def limit_processor_time(timeout_s: float) -> None:
    """The last resort against work that spins for ever while no parent is left to stop it."""
    if sys.platform != "win32":
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        wanted = int(used.ru_utime + used.ru_stime + 2 * timeout_s) + _PROCESSOR_EXTRA_S
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def _listen(incoming: IO[bytes], orders: queue.SimpleQueue[Any]) -> None:
    """Ends the process when the parent closes the stream, or dies: also while it is at work."""
    while (payload := receive(incoming)) is not None:
        orders.put(pickle.loads(payload))
    os._exit(0)
