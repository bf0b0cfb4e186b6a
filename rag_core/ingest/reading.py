"""Reading files in child processes: a crash, a hang or a flood of memory costs one document and nothing else."""

from __future__ import annotations

import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from rag_core.children import child_command, creation_flags
from rag_core.errors import DocumentUnreadable, UserError
from rag_core.ingest.parsers.protocol import ParseLimits
from rag_core.ingest.reading_wire import LastWords, ReadResult, unpacked
from rag_core.ingest.reading_worker import WorkerConfig, out_of_memory
from rag_core.settings import Settings
from rag_core.wire import receive, send

__all__ = ["Begun", "Read", "ReadResult", "Reader"]

_WATCH_EVERY_S = 0.1
_LAST_WORDS_S = 2.0
_FIRST_REPLY_EXTRA_S = 20.0  # a cold start of a child on a slow disk is not the document's fault
_DOCUMENTS_PER_CHILD = 500  # then a fresh child: memory that libraries leak goes with the old one
_SYSTEM_LIMITS_MEMORY = sys.platform.startswith("linux")


@dataclass(frozen=True, slots=True)
class Begun:
    """A child has begun with this file."""

    path: Path


@dataclass(frozen=True, slots=True)
class Read:
    """What became of a file."""

    path: Path
    outcome: ReadResult | UserError


@dataclass(slots=True)
class _Child:
    """One child process and the thread that takes its replies."""

    process: subprocess.Popen[bytes]
    thread: threading.Thread
    path: Path | None = None
    deadline: float = 0.0
    documents: int = 0
    stopped_for: UserError | None = None
    stopping: bool = False

    def start(self, path: Path, timeout_s: float) -> None:
        self.path = path
        self.deadline = time.monotonic() + timeout_s + (0.0 if self.documents else _FIRST_REPLY_EXTRA_S)
        self.documents += 1
        self.send(path)

    def send(self, message: object) -> None:
        assert self.process.stdin is not None
        with suppress(OSError):  # a child that is gone is reported by the thread that listens to it
            send(self.process.stdin, pickle.dumps(message))

    def close(self) -> None:
        """End the process, wait for it, and for its thread."""
        if self.stopping:
            with suppress(subprocess.TimeoutExpired):  # it closed its side: let it end by itself, with its own code
                self.process.wait(_LAST_WORDS_S)
        self.process.kill()
        if self.process.stdin is not None:
            with suppress(OSError):  # a broken pipe: nothing that waits in it is wanted any more
                self.process.stdin.close()
        self.process.wait()
        self.thread.join()
        if self.process.stdout is not None:
            self.process.stdout.close()


@dataclass(slots=True)
class _Reply:
    child: _Child
    payload: bytes | None


@dataclass
class Reader:
    """A small pool of reading children. Use it as a context manager; `close` leaves no process and no thread.

    Not thread-safe: one thread calls. Children start when the first path needs them, serve many calls, ignore Ctrl-C
    and end when this process ends, however it ends.
    """

    settings: Settings = field(default_factory=Settings)
    workers: int = 2
    parsers: tuple[str, ...] = ()
    _children: list[_Child] = field(default_factory=list, init=False)
    _replies: queue.SimpleQueue[_Reply] = field(default_factory=queue.SimpleQueue, init=False)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, path: Path) -> ReadResult:
        """Read one file. Raises UserError subclasses: DocumentUnreadable, UnsupportedDocument."""
        for _, outcome in self.read_many([path]):
            if isinstance(outcome, UserError):
                raise outcome
            return outcome
        raise AssertionError("read_many gives one outcome per path")

    def read_many(self, paths: Iterable[Path]) -> Iterator[tuple[Path, ReadResult | UserError]]:
        """Outcomes in the order in which they are ready. At most `workers` documents wait in memory at any time.

        Closing the generator stops the children that are at work.
        """
        for step in self.read_stepwise(paths):
            if isinstance(step, Read):
                yield step.path, step.outcome

    def read_stepwise(self, paths: Iterable[Path]) -> Iterator[Begun | Read | None]:
        """Like `read_many`, and says when a file is begun; None when nothing has come for a moment.

        The caller may take its time between two steps: what children have read meanwhile is not too late.
        """
        if self._busy():
            raise RuntimeError("this reader is in the middle of other paths: finish or close them first")
        waiting = iter(paths)
        try:
            yield from self._fill(waiting)
            while self._busy():
                reply = self._next_reply()
                if reply is None:
                    yield None
                    continue
                if reply.child not in self._children or reply.child.path is None:
                    continue
                path = reply.child.path
                outcome = self._outcome(reply, path)
                begun = self._fill(waiting)
                yield Read(path, outcome)
                yield from begun
        finally:
            for child in self._busy():
                self._drop(child)

    def close(self) -> None:
        """Stop every child. The reader may be used again afterwards; it starts new ones."""
        for child in list(self._children):
            self._drop(child)

    def _busy(self) -> list[_Child]:
        return [child for child in self._children if child.path is not None]

    def _fill(self, waiting: Iterator[Path]) -> list[Begun]:
        """Give every child work."""
        begun: list[Begun] = []
        while len(self._busy()) < self.workers:
            path = next(waiting, None)
            if path is None:
                break
            self._idle_child().start(path, self.settings.parse_timeout_s)
            begun.append(Begun(path))
        return begun

    def _idle_child(self) -> _Child:
        for child in [child for child in self._children if child.path is None]:
            if child.process.poll() is None:
                return child
            self._drop(child)
        return self._spawn()

    def _spawn(self) -> _Child:
        process = subprocess.Popen(
            child_command("reading"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=sys.platform != "win32",  # so that the terminal's Ctrl-C does not reach it
            creationflags=creation_flags(),
        )
        child = _Child(process, threading.Thread(name="reading-replies", daemon=True))
        child.thread = threading.Thread(target=_take_replies, args=(child, self._replies), name="reading", daemon=True)
        child.thread.start()
        child.send(
            WorkerConfig(
                ParseLimits.from_settings(self.settings),
                self.settings.parse_memory_bytes,
                self.settings.parse_timeout_s,
                self.parsers,
            )
        )
        self._children.append(child)
        return child

    def _drop(self, child: _Child) -> None:
        self._children.remove(child)
        child.close()

    def _next_reply(self) -> _Reply | None:
        """Wait for a reply, a moment; where none has come, stop children that are over their time or memory."""
        try:
            return self._replies.get(timeout=_WATCH_EVERY_S)
        except queue.Empty:
            self._watch()
            return None

    def _watch(self) -> None:
        now = time.monotonic()
        for child in self._busy():
            if child.stopped_for is not None or child.path is None:
                continue
            if now > child.deadline:
                child.stopped_for = _too_slow(child.path, self.settings.parse_timeout_s)
            elif not _SYSTEM_LIMITS_MEMORY and _memory_of(child.process.pid) > self.settings.parse_memory_bytes:
                child.stopped_for = out_of_memory(child.path, self.settings.parse_memory_bytes)
            if child.stopped_for is not None:
                child.process.kill()  # its thread then reports the end

    def _outcome(self, reply: _Reply, path: Path) -> ReadResult | UserError:
        child = reply.child
        if reply.payload is None:
            child.stopping = True
            self._drop(child)
            return child.stopped_for or _crashed(path, child.process.returncode)
        child.path = None
        try:
            outcome = unpacked(reply.payload, path)
        except (ValueError, TypeError, LookupError):  # not what our children say: do not listen to this one again
            self._drop(child)
            return _crashed(path, None)
        if isinstance(outcome, LastWords):
            self._drop(child)
            return outcome.reason
        if child.documents >= _DOCUMENTS_PER_CHILD or child.stopped_for is not None:
            self._drop(child)
        return outcome


def _take_replies(child: _Child, replies: queue.SimpleQueue[_Reply]) -> None:
    assert child.process.stdout is not None
    while (payload := receive(child.process.stdout)) is not None:
        replies.put(_Reply(child, payload))
    replies.put(_Reply(child, None))


def _memory_of(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _too_slow(path: Path, timeout_s: float) -> DocumentUnreadable:
    return DocumentUnreadable(
        f"“{path.name}” took longer than {timeout_s:g} seconds to read and was stopped.",
        "Split it into smaller files, or raise “parse_timeout_s” in the settings.",
    )


def _crashed(path: Path, code: int | None) -> DocumentUnreadable:
    how = "it answered nonsense" if code is None else f"signal {-code}" if code < 0 else f"exit code {code}"
    return DocumentUnreadable(
        f"“{path.name}” made its reader stop unexpectedly ({how}); it is damaged, or needs too much memory.",
        "Open it in the program it was made with, save it again, and add the new file.",
    )
