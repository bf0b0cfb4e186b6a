"""Files read, in this process and by children: what the tests share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from rag_core.errors import UserError
from rag_core.ingest.formats.choosing import parse
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.registry import readable
from rag_core.ingest.formats.source import open_source
from rag_core.ingest.reading import DocumentReader, Read, ReadResult
from rag_core.types import ParsedDocument


def parse_file(path: Path, limits: ParseLimits | None = None) -> ParsedDocument:
    """In this process. Raises UserError subclasses."""
    limits = limits or ParseLimits()
    with open_source(path, limits.max_file_bytes) as source:
        return parse(source, limits, readable())


def read(reader: DocumentReader, path: Path) -> ReadResult:
    """One file in a child. Raises UserError subclasses."""
    ((_, outcome),) = read_many(reader, [path])
    if isinstance(outcome, UserError):
        raise outcome
    return outcome


def read_many(reader: DocumentReader, paths: Iterable[Path]) -> Iterator[tuple[Path, ReadResult | UserError]]:
    """Closing the generator closes the reader's."""
    steps = reader.read_stepwise(paths)
    try:
        yield from ((step.path, step.outcome) for step in steps if isinstance(step, Read))
    finally:
        steps.close()  # type: ignore[attr-defined]
