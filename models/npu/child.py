"""The child process that compiles one pack, as its parent sees it."""

from __future__ import annotations

import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from models.npu.plan import Shape
from rag_core.children import child_command, creation_flags
from rag_core.runtime.targets import Target
from rag_core.wire import receive, send

Replies = queue.SimpleQueue[bytes | None]


@dataclass(frozen=True, slots=True)
class Order:
    """What the child gets to do."""

    source: Path
    contexts_dir: Path
    target: Target
    shapes: tuple[Shape, ...]


def scratch_folder(contexts_dir: Path, pack_id: str, target: Target) -> Path:
    """For the static graphs, while they are compiled. Its name starts with a dot, as that of all that is half made."""
    return contexts_dir / pack_id / f".{target.id}.static"


@contextmanager
def started(order: Order, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], Replies]]:
    """The child at work; afterwards there is no process and no thread."""
    replies: Replies = queue.SimpleQueue()
    with log.open("wb") as printed:
        process = subprocess.Popen(
            child_command("compiling"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=printed,
            start_new_session=sys.platform != "win32",  # so that the terminal's Ctrl-C does not reach it
            creationflags=creation_flags(),
        )
    assert process.stdin is not None
    assert process.stdout is not None
    thread = threading.Thread(target=_take_replies, args=(process.stdout, replies), name="compiling", daemon=True)
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


def _take_replies(stream: IO[bytes], replies: Replies) -> None:
    while (payload := receive(stream)) is not None:
        replies.put(payload)
    replies.put(None)
