"""The child process that parses: paths come in, documents or errors go out. It imports nothing but the parsers.

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
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from rag_core.errors import DocumentUnreadable, UserError
from rag_core.ingest.parsers.protocol import ParseLimits, Parser
from rag_core.ingest.parsers.source import open_source
from rag_core.ingest.reading_wire import LastWords, ReadResult, packed
from rag_core.wire import receive, send

_PROCESSOR_EXTRA_S = 60


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """First message to a child. `parsers` are "module:Class" names that are tried beside the built-in ones."""

    limits: ParseLimits
    memory_bytes: int
    timeout_s: float
    parsers: tuple[str, ...] = ()


def main() -> None:
    """Serve until the parent goes away. Memory beyond the limit is an error of the document, then the child ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to decide about
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(incoming, jobs), daemon=True).start()
    config: WorkerConfig = jobs.get()
    limit_memory(config.memory_bytes)
    parsers = load_parsers(config.parsers)
    while True:
        path: Path = jobs.get()
        _say_on_failure(outgoing, path)
        limit_processor_time(config.timeout_s)
        reply = b""
        with suppress(
            MemoryError
        ):  # what the parser held is let go of when this block ends: then there is room to speak
            reply = packed(_reply(path, config.limits, parsers))
        if not reply:
            send(outgoing, packed(LastWords(out_of_memory(path, config.memory_bytes))))
            return
        send(outgoing, reply)


def _reply(path: Path, limits: ParseLimits, parsers: Sequence[Parser]) -> ReadResult | UserError:
    try:
        return read_here(path, limits, parsers)
    except UserError as error:
        return error


def _say_on_failure(outgoing: IO[bytes], path: Path) -> None:
    """An error that no parser foresaw ends this process; its name reaches the person, with the place for a report."""

    def last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        places = traceback.extract_tb(trace)
        where = f", {Path(places[-1].filename).name} line {places[-1].lineno}" if places else ""
        reason = DocumentUnreadable(
            f"“{path.name}” made its reader fail ({kind.__name__}: {error}{where}).",
            "Save it in another format and add that; please report this message.",
        )
        send(outgoing, packed(LastWords(reason)))

    sys.excepthook = last_words


def read_here(path: Path, limits: ParseLimits, parsers: Sequence[Parser]) -> ReadResult:
    """Read one file in this process. Raises UserError subclasses."""
    from rag_core.ingest.parsers.registry import best_parser

    with open_source(path, limits.max_file_bytes) as source:
        parsed = best_parser(source, parsers).parse(source, limits)
        document_id = source.sha256()
        source.raise_if_changed()
        return ReadResult(path, document_id, source.size_bytes, source.modified_ns, parsed)


def load_parsers(names: Sequence[str]) -> list[Parser]:
    from rag_core.ingest.parsers.registry import PARSERS

    added = []
    for name in names:
        module, _, attribute = name.partition(":")
        added.append(getattr(import_module(module), attribute)())
    return [*added, *PARSERS]


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
    """The last resort against a parser that spins for ever while no parent is left to stop it."""
    if sys.platform != "win32":
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        wanted = int(used.ru_utime + used.ru_stime + 2 * timeout_s) + _PROCESSOR_EXTRA_S
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def out_of_memory(path: Path, memory_bytes: int) -> DocumentUnreadable:
    return DocumentUnreadable(
        f"“{path.name}” needs more memory to be read than the limit of {memory_bytes / 1024**2:,.0f} MB.",
        "Split it into smaller files, or raise “parse_memory_bytes” in the settings.",
    )


def _listen(incoming: IO[bytes], jobs: queue.SimpleQueue[Any]) -> None:
    """Ends the process when the parent closes the stream, or dies: also while a parser is at work."""
    while (payload := receive(incoming)) is not None:
        jobs.put(pickle.loads(payload))
    os._exit(0)
