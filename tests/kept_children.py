"""Children that are idle when their pool is closed serve the next pool of their kind.

A child takes longer to start than most tests take.
"""

from __future__ import annotations

import queue
import threading

import pytest

from rag_core.process.children import child_command
from rag_core.process.pool import Child, ChildPool, Reply

_kept: dict[str, list[tuple[list[Child], queue.SimpleQueue[Reply]]]] = {}


def keep_children(monkeypatch: pytest.MonkeyPatch) -> None:
    spawn = ChildPool._spawn

    def take_kept(pool: ChildPool) -> Child:
        kept = _kept.get(_told(pool))
        if not kept or pool._children:
            return spawn(pool)
        pool._children, pool._replies = kept.pop()
        return pool._idle_child()

    def keep(pool: ChildPool) -> None:
        pool.drop_busy()
        if pool._children:
            _kept.setdefault(_told(pool), []).append((pool._children, pool._replies))
            pool._children, pool._replies = [], queue.SimpleQueue()

    monkeypatch.setattr(ChildPool, "_spawn", take_kept)
    monkeypatch.setattr(ChildPool, "close", keep)


def kept_threads() -> set[threading.Thread]:
    return {child.thread for child in _children()}


def end_kept_children() -> None:
    for child in _children():
        child.close()
    _kept.clear()


def _children() -> list[Child]:
    return [child for kept in _kept.values() for children, _ in kept for child in children]


def _told(pool: ChildPool) -> str:
    """How its children are started, and what they are told: where it is the same, they are the same."""
    return repr((child_command(pool.kind), pool.limits, pool.config))
