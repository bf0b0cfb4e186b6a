"""How a child process of this program is started: from a checkout, an installation, or a frozen program alike.

A child is a module with `main()`, which speaks over the standard streams. A frozen program has no `python -c`: there
the child is the program itself, told by its first argument what to be.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from rag_core.process.wire import receive, send, take_pipes

Replies = queue.SimpleQueue[bytes | None]

CHILD_ARGUMENT = "--alcove-child"
MODULES = {
    "reading": "rag_core.ingest.reading_worker",
    "rendering": "rag_core.ingest.rendering_worker",
    "engine": "app.engine.worker",
    "compiling": "models.npu.worker",
    "bench": "rag_core.bench.compare.worker",
}


def run_if_child(arguments: Sequence[str]) -> None:
    """A program calls this first of all: started as a child, it becomes one and never returns."""
    if len(arguments) == 3 and arguments[1] == CHILD_ARGUMENT and arguments[2] in MODULES:
        import_module(MODULES[arguments[2]]).main()
        sys.exit(0)


def child_command(kind: str) -> list[str]:
    """What to start for a child of this kind (a key of `MODULES`)."""
    if getattr(sys, "frozen", False):
        return [sys.executable, CHILD_ARGUMENT, kind]
    places = [str(Path(entry).absolute()) for entry in sys.path]
    code = f"import sys; sys.path[:] = {places!r}; from {MODULES[kind]} import main; main()"
    return [sys.executable, "-X", "utf8", "-S", "-c", code]  # without `site`: it starts twice as fast


def creation_flags() -> int:
    """Windows: no console window, Ctrl-C of a terminal does not reach the child, and the window comes before it."""
    if sys.platform == "win32":
        calm = subprocess.BELOW_NORMAL_PRIORITY_CLASS
        return subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP | calm
    return 0


def start_child(kind: str, errors: IO[bytes] | int) -> subprocess.Popen[bytes]:
    """A child of this kind with a pipe to it and one back; `errors` is where its standard error goes."""
    return subprocess.Popen(
        child_command(kind),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        start_new_session=sys.platform != "win32",  # so that the terminal's Ctrl-C does not reach it
        creationflags=creation_flags(),
    )


@contextmanager
def child_at_work(
    kind: str, order: object, errors: IO[bytes] | int
) -> Iterator[tuple[subprocess.Popen[bytes], Replies]]:
    """A child of this kind with one order, and what it says of it: None when it has closed its side. Afterwards there
    is no process and no thread.
    """
    replies: Replies = queue.SimpleQueue()
    process = start_child(kind, errors)
    assert process.stdin is not None
    assert process.stdout is not None
    thread = threading.Thread(target=_take_replies, args=(process.stdout, replies), name=kind, daemon=True)
    thread.start()
    try:
        with suppress(OSError):  # a child that is gone is noticed by the thread that listens to it
            send(process.stdin, pickle.dumps(order))
        yield process, replies
    finally:
        process.kill()
        process.wait()
        thread.join()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # nothing that waits in it is wanted any more
                pipe.close()


def take_order() -> tuple[Any, Callable[[object], None]]:
    """In a child of `child_at_work`: its order, and how it says what it did of it. The child ends when its parent does;
    Ctrl-C is the parent's to decide about.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    incoming, outgoing = take_pipes()
    order = receive(incoming)
    if order is None:
        sys.exit()
    threading.Thread(target=_end_with_parent, args=(incoming,), daemon=True).start()
    return pickle.loads(order), lambda said: send(outgoing, pickle.dumps(said))


def _end_with_parent(incoming: IO[bytes]) -> None:
    receive(incoming)  # nothing more is said: this ends when the other side is closed
    os._exit(0)


def _take_replies(stream: IO[bytes], replies: Replies) -> None:
    while (payload := receive(stream)) is not None:
        replies.put(payload)
    replies.put(None)
