"""Readers of graphs of fixed shapes, on the CPU, that note what they run and fail when they are told to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from models.convert.encoder.static_reader import write_static
from models.convert.weight_file import Precision
from rag_core.errors import UserError
from rag_core.progress import CancelToken
from rag_core.read.opening import reader_of
from rag_core.read.reader import Reader
from rag_core.runtime.pack import Pack
from rag_core.runtime.places import Places
from rag_core.runtime.session import Array, Session
from tests.read.tiny_readers import canonical, write_pack
from tests.runtime.fakes import Disguised, device

BUCKETS = ((1, 16), (1, 32), (4, 32))
QUESTION = "what is the notice period?"
MANY = tuple(("the period", f"{n} the notice " + "is " * (n % 24)) for n in range(30))


def source_pack(tmp_path: Path) -> Pack:
    return write_pack(tmp_path / "source", canonical=canonical(tmp_path / "proof"))


def static_pack(tmp_path: Path, source: Pack, precision: Precision = "fp32") -> Pack:
    return write_static(source, tmp_path / "static", BUCKETS, precision)


@dataclass
class Log:
    """What was opened and run: (graph, filled rows). The run number `fail_at` (from 0) raises `error`."""

    opened: list[str] = field(default_factory=list)
    runs: list[tuple[str, int]] = field(default_factory=list)
    fail_at: int | None = None
    error: UserError | None = None
    spoil: bool = False


class LoggedSession:
    """A session that notes its runs."""

    def __init__(self, session: Session, log: Log) -> None:
        self._session = session
        self._log = log
        self.inputs, self.outputs = session.inputs, session.outputs

    def run(self, feeds: Mapping[str, Array], cancel: CancelToken | None = None, power: str = "") -> list[Array]:
        log = self._log
        log.runs.append((self._session.graph.name, int(np.sum(feeds["mask"].sum(axis=1) > 3))))
        if log.fail_at is not None and len(log.runs) > log.fail_at:
            assert log.error is not None
            raise log.error
        outputs = self._session.run(feeds, cancel)
        return [np.full_like(value, np.nan) for value in outputs] if log.spoil else outputs


def static_place(pack: Pack, log: Log, **more: Any) -> Disguised:
    """The processor, as if it were an NPU."""

    def noted(session: Session) -> LoggedSession:
        log.opened.append(session.graph.name)
        return LoggedSession(session, log)

    return Disguised(device(), pack, noted=noted, **more)


def static_on_cpu(source: Pack, pack: Pack, log: Log, **more: Any) -> Reader:
    return reader_of(source, Places((static_place(pack, log, **more),)), time_ms=math.inf)
