"""The child process that compiles one pack, as its parent sees it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from models.npu.plan import Shape
from rag_core.process.children import Replies, child_at_work
from rag_core.runtime.npu.targets import Target


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
    """The child at work; what it prints goes to `log`. Afterwards there is no process and no thread."""
    with log.open("wb") as printed, child_at_work("compiling", order, printed) as child:
        yield child
