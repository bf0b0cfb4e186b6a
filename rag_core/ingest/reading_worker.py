"""The child process that parses: paths come in, documents or errors go out. It imports nothing but the parsers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from rag_core.errors import UserError
from rag_core.ingest.formats.protocol import ParseLimits, Parser
from rag_core.ingest.formats.source import open_source
from rag_core.ingest.reading_wire import ReadResult, packed
from rag_core.process.loop import Order, serve


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """First message to a child. `parsers` are "module:Class" names that are tried beside the built-in ones."""

    limits: ParseLimits
    parsers: tuple[str, ...] = ()


def main() -> None:
    """Serve until the parent goes away."""
    serve(_prepared, "read")


def _prepared(config: WorkerConfig) -> Callable[[Order], bytes]:
    parsers = load_parsers(config.parsers)

    def answer(order: Order) -> bytes:
        try:
            return packed(read_here(order.path, config.limits, parsers))
        except UserError as error:
            return packed(error)

    return answer


def read_here(path: Path, limits: ParseLimits, parsers: Sequence[Parser]) -> ReadResult:
    """Read one file in this process. Raises UserError subclasses."""
    from rag_core.ingest.formats.registry import best_parser

    with open_source(path, limits.max_file_bytes) as source:
        parsed = best_parser(source, parsers).parse(source, limits)
        document_id = source.sha256()
        source.raise_if_changed()
        return ReadResult(path, document_id, source.size_bytes, source.modified_ns, parsed)


def load_parsers(names: Sequence[str]) -> list[Parser]:
    from rag_core.ingest.formats.registry import PARSERS

    added = []
    for name in names:
        module, _, attribute = name.partition(":")
        added.append(getattr(import_module(module), attribute)())
    return [*added, *PARSERS]
