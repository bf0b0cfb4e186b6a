"""The child process that parses: paths come in, documents or errors go out. It imports nothing but the parsers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rag_core.ingest.formats.choosing import parse, parser_of
from rag_core.ingest.formats.format import Format
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.source import open_source
from rag_core.ingest.reading_wire import ReadResult, packed
from rag_core.process.loop import Order, serve


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """First message to a child: also those formats that only its parent knows."""

    limits: ParseLimits
    formats: tuple[Format, ...]


def main() -> None:
    """Serve until the parent goes away."""
    serve(_prepared)


def _prepared(config: WorkerConfig) -> Callable[[Order], bytes]:
    for one in config.formats:
        parser_of(one)  # before the first document's time runs
    return lambda order: packed(_read(order.path, config))


def _read(path: Path, config: WorkerConfig) -> ReadResult:
    """Raises UserError subclasses."""
    with open_source(path, config.limits.max_file_bytes) as source:
        parsed = parse(source, config.limits, config.formats)
        document_id = source.sha256()
        source.raise_if_changed()
        return ReadResult(path, document_id, source.size_bytes, source.modified_ns, parsed)
