"""Child processes that work on files: a crash, a hang or a flood of memory costs one file and nothing else."""

from __future__ import annotations

import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil

from rag_core.errors import UserError
from rag_core.process.children import start_child
from rag_core.process.loop import Limits, Order
from rag_core.process.trouble import Trouble, stopped
from rag_core.process.wire import receive, send

_WATCH_EVERY_S = 0.1
_LAST_WORDS_S = 2.0
_FIRST_REPLY_EXTRA_S = 20.0  # a cold start of a child on a slow disk is not the file's fault
_ORDERS_PER_CHILD = 500  # then a fresh child: memory that libraries leak goes with the old one
_SYSTEM_LIMITS_MEMORY = sys.platform.startswith("linux")

Outcome = TypeVar("Outcome")


@dataclass(slots=True)
class Child:
    """One child process, the thread that takes its replies, and what it is at work on."""

    process: subprocess.Popen[bytes]
    thread: threading.Thread
    order: Order | None = None
    deadline: float = 0.0
    orders: int = 0
    stopped_for: Trouble | None = None
    stopping: bool = False

    def start(self, order: Order, timeout_s: float) -> None:
        self.order = order
        self.deadline = time.monotonic() + timeout_s + (0.0 if self.orders else _FIRST_REPLY_EXTRA_S)
        self.orders += 1
        self.send(order)

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
class Reply:
    """What a child said; None when it is gone."""

    child: Child
    payload: bytes | None


@dataclass
class ChildPool:
    """Children of one kind (a key of `rag_core.process.children.MODULES`). They start when there is work and serve
    many orders. `refusal` says of a path what came in the way.

    Not thread-safe: one thread calls. Children ignore Ctrl-C and end when this process ends, however it ends. `close`
    leaves no process and no thread; the pool may be used again afterwards.
    """

    kind: str
    limits: Limits
    config: Any
    refusal: Callable[[Path, Trouble], UserError]
    _children: list[Child] = field(default_factory=list, init=False)
    _replies: queue.SimpleQueue[Reply] = field(default_factory=queue.SimpleQueue, init=False)

    def busy(self) -> list[Child]:
        return [child for child in self._children if child.order is not None]

    def give(self, order: Order) -> None:
        """To a child that has nothing to do; a new one if there is none."""
        self._idle_child().start(order, self.limits.timeout_s)

    def next_reply(self) -> Reply | None:
        """Wait for a reply, a moment; where none has come, stop children that are over their time or memory."""
        try:
            reply = self._replies.get(timeout=_WATCH_EVERY_S)
        except queue.Empty:
            self._watch()
            return None
        return reply if reply.child in self._children and reply.child.order is not None else None

    def outcome(
        self, reply: Reply, order: Order, unpacked: Callable[[bytes], Outcome | UserError | Trouble]
    ) -> Outcome | UserError:
        """What became of the order that this replies to. `unpacked` raises ValueError, TypeError, LookupError."""
        child = reply.child
        if reply.payload is None:
            child.stopping = True
            self._drop(child)
            return self.refusal(order.path, child.stopped_for or stopped(child.process.returncode))
        child.order = None
        try:
            outcome = unpacked(reply.payload)
        except (ValueError, TypeError, LookupError):  # not what our children say: do not listen to this one again
            self._drop(child)
            return self.refusal(order.path, stopped(None))
        if isinstance(outcome, Trouble):
            self._drop(child)
            return self.refusal(order.path, outcome)
        if child.orders >= _ORDERS_PER_CHILD or child.stopped_for is not None:
            self._drop(child)
        return outcome

    def drop_busy(self) -> None:
        """Stop the children that are at work."""
        for child in self.busy():
            self._drop(child)

    def close(self) -> None:
        for child in list(self._children):
            self._drop(child)

    def _idle_child(self) -> Child:
        for child in [child for child in self._children if child.order is None]:
            if child.process.poll() is None:
                return child
            self._drop(child)
        return self._spawn()

    def _spawn(self) -> Child:
        process = start_child(self.kind, subprocess.DEVNULL)
        child = Child(process, threading.Thread(name=f"{self.kind}-replies", daemon=True))
        child.thread = threading.Thread(target=_take_replies, args=(child, self._replies), name=self.kind, daemon=True)
        child.thread.start()
        child.send((self.limits, self.config))
        self._children.append(child)
        return child

    def _drop(self, child: Child) -> None:
        self._children.remove(child)
        child.close()

    def _watch(self) -> None:
        now = time.monotonic()
        for child in self.busy():
            if child.stopped_for is not None or child.order is None:
                continue
            if now > child.deadline:
                child.stopped_for = Trouble("too_slow")
            elif not _SYSTEM_LIMITS_MEMORY and _memory_of(child.process.pid) > self.limits.memory_bytes:
                child.stopped_for = Trouble("out_of_memory")
            if child.stopped_for is not None:
                child.process.kill()  # its thread then reports the end


def _take_replies(child: Child, replies: queue.SimpleQueue[Reply]) -> None:
    assert child.process.stdout is not None
    while (payload := receive(child.process.stdout)) is not None:
        replies.put(Reply(child, payload))
    replies.put(Reply(child, None))


def _memory_of(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
