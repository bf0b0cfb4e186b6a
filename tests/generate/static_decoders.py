"""Decoders of graphs of fixed shapes, on the CPU, that note what they run and fail when they are told to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from models.convert.decoder.network import Network
from models.convert.decoder.static import write_static
from models.convert.weight_file import Precision
from models.imports.llm import import_llm
from rag_core.errors import UserError
from rag_core.generate.static_decoder import StaticDecoder
from rag_core.generate.static_window import Array
from rag_core.progress import CancelToken
from rag_core.runtime.pack import Pack, find_pack, open_pack, write_manifest
from rag_core.runtime.places import Place
from rag_core.runtime.session import Session
from tests.models.tiny_llm import QWEN_LIKE, write_folder
from tests.runtime.fakes import Disguised, device, the_processor

NETWORK = replace(QWEN_LIKE, context_tokens=1024)
CHUNK = 16
WINDOWS = tuple((tokens, cache) for cache in (64, 256, 1024) for tokens in (CHUNK, 1))


def source_pack(folder: Path, network: Network = NETWORK, kind: str = "qwen2") -> Pack:
    """A language model of random weights, as onnxruntime-genai runs it."""
    write_folder(folder / "tiny", network, kind)
    list(import_llm(folder / "tiny", folder / "packs"))
    pack = find_pack(folder / "packs", "llm")
    spec = pack.manifest.spec | {"network": asdict(network)}
    write_manifest(pack.root, replace(pack.manifest, spec=spec))
    return open_pack(pack.root)


def static_pack(
    folder: Path, source: Pack, precision: Precision = "fp32", windows: Sequence[tuple[int, int]] = WINDOWS
) -> Pack:
    """The same model as graphs of fixed shapes, for `windows` of (tokens, cache)."""
    return write_static(source, folder / f"static-{precision}", windows, precision)


@dataclass
class Log:
    """What was opened, which graphs ran, and how often work began and ended. Run number `fail_at` (from 0) raises."""

    opened: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    at_work: list[str] = field(default_factory=list)
    fail_at: int | None = None
    error: UserError | None = None
    cancel_at: int | None = None

    @contextmanager
    def working(self, graph: str) -> Iterator[None]:
        self.at_work.append(f"begin {graph}")
        try:
            yield
        finally:
            self.at_work.append(f"end {graph} after {len(self.runs)}")


class LoggedSession:
    """A session of the CPU that tells the log."""

    def __init__(self, session: Session, log: Log) -> None:
        self._session = session
        self._log = log
        self.inputs = session.inputs
        self.outputs = session.outputs

    def run(self, feeds: Mapping[str, Array], cancel: CancelToken | None = None) -> list[Array]:
        number = len(self._log.runs)
        self._log.runs.append(self._session.graph.name)
        if self._log.error is not None and number == self._log.fail_at:
            raise self._log.error
        if cancel is not None and number == self._log.cancel_at:
            cancel.cancel()
        return self._session.run(feeds, cancel)


def static_place(pack: Pack, log: Log | None = None, **more: Any) -> Disguised:
    """The processor, as if it were an NPU."""
    told = Log() if log is None else log

    def noted(session: Session) -> LoggedSession:
        told.opened.append(session.graph.name)
        return LoggedSession(session, told)

    return Disguised(device(), pack, noted=noted, watched=told.working, **more)


def static_on_cpu(pack: Pack, log: Log | None = None) -> StaticDecoder:
    return StaticDecoder(static_place(pack, log))


def on_processor(pack: Pack) -> Place:
    return Place(the_processor(), pack, threads=1)
