"""Prepares packs for an NPU in a child process: the compiler takes gigabytes, and can end the process it works in.

A pack is prepared as a whole or not at all; what was finished before stays. While the child works the caller only
listens, a moment at a time, so that a thread with other work can attend to that in between.
"""

from __future__ import annotations

import pickle
import queue
import shutil
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psutil

from models.npu.child import Order, started
from models.npu.plan import Needs, Shape, plan_for
from models.npu.refusals import forget_refusal, remember_refusal
from models.npu.static_graphs import why_not
from rag_core.errors import MemoryDenied, StorageFull, UserError
from rag_core.messages import Message, literal, say
from rag_core.progress import Progress
from rag_core.runtime.npu.targets import Target
from rag_core.runtime.pack import Pack
from rag_core.runtime.plugins import QNN, plugin_of
from rag_core.storage.file_lock import FileLock

STAGE = "compile"
LOG = "compiler.log"
_LOCK = ".lock"
_POLL_S = 0.05
_LOG_CHARS = 4000
_KILLED = 9  # the signal
_ALL_ROOM = Needs(sys.maxsize, sys.maxsize)


def compile_packs(
    packs: Sequence[Pack], contexts_dir: Path, target: Target
) -> Generator[Progress, None, dict[str, UserError]]:
    """Prepare each of `packs`; the steps count the graphs of all of them. One that fails keeps no other from being
    prepared: the value is what went wrong, by pack id.
    """
    problems: dict[str, UserError] = {}
    counts = [0 if why_not(source) else _most_graphs(source, target) for source in packs]
    for number, source in enumerate(packs):
        try:
            for step in compile_pack(source, contexts_dir, target):
                counts[number] = step.total or counts[number]  # fewer where there is too little room for all
                yield replace(step, done=sum(counts[:number]) + step.done, total=sum(counts))
        except UserError as error:
            problems[source.id] = error
    return problems


def _most_graphs(source: Pack, target: Target) -> int:
    """Where there is room for all of them."""
    return len(plan_for(source, target, _ALL_ROOM).shapes or source.manifest.graphs)


def compile_pack(source: Pack, contexts_dir: Path, target: Target) -> Iterator[Progress]:
    """Compile `source` for `target`, on any machine that has the compiler; replaces what was prepared before.

    Closing the generator ends the child. However this ends, nothing half made is left. Raises UserError,
    ProviderUnavailable, StorageFull, MemoryDenied.
    """
    if reason := why_not(source):
        raise UserError(reason)
    require_compiler()
    with _alone(contexts_dir):
        sweep(contexts_dir)
        shapes = _shapes_with_room(source, contexts_dir, target)
        try:
            yield from _run_child(Order(source.root, contexts_dir, target, shapes), source)
        finally:
            sweep(contexts_dir)
    forget_refusal(contexts_dir, source.id, target)


def require_compiler() -> None:
    """Raises UserError where the NPU's compiler is not installed."""
    plugin = plugin_of(QNN)
    if plugin is None or not plugin.installed:
        raise UserError(say("compiler-missing"), say("install-compiler"))


def sweep(contexts_dir: Path) -> None:
    """Remove what is half made: left by a run that was killed, or by one that has just failed."""
    for folder in contexts_dir.glob("*/.*"):
        if folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _alone(contexts_dir: Path) -> Iterator[None]:
    """One at a time on this machine's data folder: two would write into the same folders."""
    try:
        contexts_dir.mkdir(parents=True, exist_ok=True)
        lock = FileLock(contexts_dir / _LOCK)
        free = lock.acquire()
    except OSError as error:
        raise StorageFull(
            say("folder-unwritable", folder=str(contexts_dir), reason=error.strerror or str(error)),
            say("free-space-there"),
        ) from error
    if not free:
        raise UserError(say("compiling-already"), say("wait-until-finished"))
    try:
        yield
    finally:
        lock.release()


def _shapes_with_room(source: Pack, contexts_dir: Path, target: Target) -> tuple[Shape, ...]:
    """The graphs that disk and memory have room for now. Raises StorageFull, MemoryDenied."""
    disk, memory = shutil.disk_usage(contexts_dir).free, psutil.virtual_memory().available
    chosen = plan_for(source, target, Needs(disk, memory))
    needs = chosen.needs
    title = source.manifest.title
    if disk < needs.disk_bytes:
        raise StorageFull(
            say("compiling-takes-disk", title=title, needed=_gigabytes(needs.disk_bytes), free=_gigabytes(disk)),
            say("free-space-meanwhile-processor"),
        )
    if memory < needs.memory_bytes:
        raise MemoryDenied(
            say("compiling-takes-memory", title=title, needed=_gigabytes(needs.memory_bytes), free=_gigabytes(memory)),
            say("close-programs-meanwhile-processor"),
        )
    return chosen.shapes


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"


def _run_child(order: Order, source: Pack) -> Iterator[Progress]:
    """Say what the child says. Raises what it raised; a crash is an error like any other, and is remembered."""
    log = order.contexts_dir / LOG
    with started(order, log) as (process, replies):
        step = Progress(STAGE, 0, None, "graphs", source.id)
        while True:
            try:
                reply = replies.get(timeout=_POLL_S)
            except queue.Empty:
                yield step
                continue
            if reply is None:
                break
            said = pickle.loads(reply)
            if isinstance(said, UserError):
                if type(said) is UserError:  # not for want of room: it would be refused again
                    remember_refusal(order.contexts_dir, source, order.target, said.message)
                raise said
            step = said
            yield step
        code = process.wait()
    if code > 0 and not _is_windows_crash(code):
        raise RuntimeError(f"the process that prepares models ended with {code}:\n{_end_of(log)}")
    if code == -_KILLED:  # by somebody, or by a system without memory: not the pack's fault
        raise _stopped(source, say("killed-perhaps-memory"), log)
    if code:
        error = _stopped(source, literal(f"signal {-code}" if code < 0 else f"code {code:#x}"), log)
        remember_refusal(order.contexts_dir, source, order.target, error.message)
        raise error


def _is_windows_crash(code: int) -> bool:
    return sys.platform == "win32" and code >= 0xC0000000


def _stopped(source: Pack, how: Message, log: Path) -> UserError:
    return UserError(
        say("compiler-stopped", title=source.manifest.title, how=how), say("see-compiler-log", log=str(log))
    )


def _end_of(log: Path) -> str:
    with suppress(OSError):
        return log.read_text(encoding="utf-8", errors="replace")[-_LOG_CHARS:]
    return ""
