"""Reading files in child processes: a crash, a hang or a flood of memory costs one document and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rag_core.errors import UserError
from rag_core.ingest.formats.format import Format
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.registry import readable
from rag_core.ingest.reading_wire import ReadResult, unpacked
from rag_core.ingest.reading_worker import WorkerConfig
from rag_core.ingest.trouble import refusal
from rag_core.process.loop import Limits, Order
from rag_core.process.pool import ChildPool, Reply
from rag_core.settings import Settings

__all__ = ["DocumentReader", "Read", "ReadResult"]


@dataclass(frozen=True, slots=True)
class Read:
    """What became of a file."""

    path: Path
    outcome: ReadResult | UserError


@dataclass
class DocumentReader:
    """A small pool of reading children. Use it as a context manager; `close` leaves no process and no thread.

    Not thread-safe: one thread calls. Children start when the first path needs them, serve many calls, ignore Ctrl-C
    and end when this process ends, however it ends.
    """

    settings: Settings = field(default_factory=Settings)
    workers: int = 2
    formats: tuple[Format, ...] = field(default_factory=readable)
    _pool: ChildPool = field(init=False)

    def __post_init__(self) -> None:
        limits = Limits(self.settings.parse_memory_bytes, self.settings.parse_timeout_s)
        config = WorkerConfig(ParseLimits.from_settings(self.settings), self.formats)
        self._pool = ChildPool("reading", limits, config, partial(refusal, limits=limits))

    def __enter__(self) -> DocumentReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read_stepwise(self, paths: Iterable[Path]) -> Iterator[Path | Read | None]:
        """What becomes of each file, in the order in which they are ready, and its path when a child begins with it;
        None when nothing has come for a moment.

        At most `workers` documents wait in memory at any time. The caller may take its time between two steps: what
        children have read meanwhile is not too late. Closing the generator stops the children that are at work.
        """
        if self._pool.busy():
            raise RuntimeError("this reader is in the middle of other paths: finish or close them first")
        waiting = iter(paths)
        try:
            yield from self._fill(waiting)
            while self._pool.busy():
                reply = self._pool.next_reply()
                if reply is None or reply.child.order is None:
                    yield None
                    continue
                read = self._read(reply, reply.child.order)
                begun = self._fill(waiting)
                yield read
                yield from begun
        finally:
            self._pool.drop_busy()

    def close(self) -> None:
        """Stop every child. The reader may be used again afterwards; it starts new ones."""
        self._pool.close()

    def _fill(self, waiting: Iterator[Path]) -> list[Path]:
        """Give every child work."""
        begun: list[Path] = []
        while len(self._pool.busy()) < self.workers:
            path = next(waiting, None)
            if path is None:
                break
            self._pool.give(Order(path))
            begun.append(path)
        return begun

    def _read(self, reply: Reply, order: Order) -> Read:
        return Read(order.path, self._pool.outcome(reply, order, partial(unpacked, path=order.path)))
