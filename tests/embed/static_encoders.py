"""Encoders of graphs of fixed shapes, on the CPU, that note what they run and fail when they are told to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from models.convert.encoder.graph import Float32
from models.convert.encoder.static import write_static
from models.convert.weight_file import Precision
from rag_core.embed.encoder import Encoder
from rag_core.embed.opening import encoder_of
from rag_core.errors import UserError
from rag_core.progress import CancelToken
from rag_core.runtime.devices import Device
from rag_core.runtime.pack import Canonical, Pack
from rag_core.runtime.places import Places
from rag_core.runtime.session import Array, Session
from tests.models.tiny_minilm import CPU, random_tensors, random_weights, reference, write_pack
from tests.runtime.fakes import Disguised, device

PROOF = ("what is the notice period?", "7 8 9")
BUCKETS = ((1, 8), (1, 16), (4, 16), (1, 32))


def canonical() -> Canonical:
    ids = ([2, 4, 5, 6, 7, 8, 9, 3], [2, 17, 18, 19, 3])
    rows = tuple(tuple(reference(random_tensors(), row).tolist()) for row in ids)
    return Canonical(PROOF, {"fp32": rows})


def source_pack(tmp_path: Path) -> Pack:
    return write_pack(tmp_path / "source", (("fp32", random_weights(), Float32(), CPU),), canonical())


def static_pack(tmp_path: Path, source: Pack, precision: Precision = "fp16") -> Pack:
    return write_static(source, tmp_path / "static", BUCKETS, precision)


@dataclass
class Log:
    """What was opened and run: (graph, filled rows, power). The run number `fail_at` (from 0) raises `error`."""

    opened: list[str] = field(default_factory=list)
    runs: list[tuple[str, int, str]] = field(default_factory=list)
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
        filled = int(np.sum(feeds["mask"].sum(axis=1) > 2))
        log.runs.append((self._session.graph.name, filled, power))
        if log.fail_at is not None and len(log.runs) > log.fail_at:
            assert log.error is not None
            raise log.error
        (vectors,) = self._session.run(feeds, cancel)
        return [np.full_like(vectors, np.nan) if log.spoil else vectors]


def static_place(pack: Pack, log: Log, seen: Device | None = None, **more: Any) -> Disguised:
    """The processor, as if it were an NPU unless it is `seen` as something else."""

    def noted(session: Session) -> LoggedSession:
        log.opened.append(session.graph.name)
        return LoggedSession(session, log)

    return Disguised(seen or device(), pack, noted=noted, **more)


def static_on_cpu(source: Pack, pack: Pack, log: Log, **more: Any) -> Encoder:
    return encoder_of(source, Places((static_place(pack, log, **more),)))
