"""From a dropped folder to a searchable library: scan, read, cut, store; then embed what has no vectors yet.

A generator of `Progress`. Stopping it at any yield loses nothing: each document is one transaction, each batch of
vectors another, and the same call goes on where this one stopped. Everything can be found by its words before the first
vector is computed.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rag_core.engine.workspace import Workspace
from rag_core.errors import UserError
from rag_core.index.records import KnownFile
from rag_core.ingest.chunker import chunk_document
from rag_core.ingest.parsers.registry import SUPPORTED_SUFFIXES
from rag_core.ingest.reading import Reader, ReadResult
from rag_core.ingest.scan import Changes, Scan, Stamp, compare, scan
from rag_core.paths import is_inside
from rag_core.progress import Progress
from rag_core.types import AddReport, FileProblem

# Vectors are stored after this many chunks, under a second's work: what a stop can cost, and a question waits for.
_EMBED_BATCH = 64


@dataclass(slots=True)
class _Tally:
    chunks: int = 0
    tokens: int = 0
    failed: list[FileProblem] = field(default_factory=list)
    warnings: list[FileProblem] = field(default_factory=list)


def add(
    paths: Sequence[Path], work: Workspace, retry: bool = False, reread: bool = False
) -> Generator[Progress, None, AddReport]:
    """Bring the library in line with `paths`; the report, without its time, is the generator's value."""
    yield Progress("scan", 0, None, "files")
    found = scan(paths, SUPPORTED_SUFFIXES)
    changes = compare(found, _stamps(work.store.known_files(), retry, reread))
    yield Progress("scan", len(found.files), len(found.files), "files")
    if changes.removed:
        work.index.remove_paths(changes.removed)
    tally = _Tally()
    if changes.added or changes.changed:
        yield from _read(changes, work, tally)
    return _report(found, changes, tally)


def embed_pending(work: Workspace) -> Generator[Progress, None, None]:
    """Compute the vectors that are missing. A question waits at most one batch."""
    store = work.store
    total = store.pending_count()
    done = 0
    while done < total:
        yield Progress("embed", done, total, "passages")
        batch = store.pending_chunks(_EMBED_BATCH)
        if not batch:
            break
        vectors = work.models.encoder.encode_passages([chunk.text for chunk in batch])
        work.index.put_vectors([chunk.chunk_id for chunk in batch], vectors)
        done += len(batch)
    if total:
        yield Progress("embed", done, total, "passages")
        work.index.save()


def _stamps(known: Mapping[str, KnownFile], retry: bool, reread: bool) -> dict[str, Stamp]:
    """What need not be read again; with `retry`, files that failed count as never seen."""
    return {
        path: Stamp(file.size_bytes, file.modified_ns)
        for path, file in known.items()
        if not (retry and file.state == "failed") and not reread
    }


def _read(changes: Changes, work: Workspace, tally: _Tally) -> Generator[Progress, None, None]:
    files = {file.path: file for file in (*changes.added, *changes.changed)}
    with Reader(work.settings) as reader:
        yield Progress("read", 0, len(files), "files")
        for done, (path, outcome) in enumerate(reader.read_many([Path(path) for path in files]), 1):
            name = str(path)
            if isinstance(outcome, ReadResult):
                _store_document(outcome, work, tally)
            else:
                tally.failed.append(FileProblem(name, str(outcome)))
                work.store.put_failure(name, files[name].size_bytes, files[name].modified_ns, str(outcome))
            yield Progress("read", done, len(files), "files", path.name)


def _store_document(read: ReadResult, work: Workspace, tally: _Tally) -> None:
    try:
        chunks = chunk_document(read.parsed, work.models.token_counter, work.settings.chunk_tokens)
        work.store.put_document(
            str(read.path), read.size_bytes, read.modified_ns, read.document_id, read.parsed, chunks
        )
    except UserError:
        raise  # the disk is full, the library is locked: this concerns every document
    except Exception as error:  # noqa: BLE001 - a bug of ours in one document must not stop the other thousand
        reason = (
            f"Alcove made a mistake on this file ({type(error).__name__}). Details: {_write_report(work.reports, read)}"
        )
        tally.failed.append(FileProblem(str(read.path), reason))
        work.store.put_failure(str(read.path), read.size_bytes, read.modified_ns, reason)
        return
    tally.chunks += len(chunks)
    tally.tokens += sum(chunk.token_count for chunk in chunks)
    tally.warnings += [FileProblem(str(read.path), warning) for warning in read.parsed.warnings]


def _write_report(reports: Path, read: ReadResult) -> Path:
    """A local file with the traceback, for the person to send if they wish. It holds no text of the document."""
    reports.mkdir(parents=True, exist_ok=True)
    report = reports / f"{time.strftime('%Y%m%d-%H%M%S')}-{read.document_id[:8]}.txt"
    report.write_text(f"{read.parsed.media_type}\n{traceback.format_exc()}", encoding="utf-8")
    return report


def _report(found: Scan, changes: Changes, tally: _Tally) -> AddReport:
    return AddReport(
        added=len(changes.added),
        changed=len(changes.changed),
        removed=len(changes.removed),
        unchanged=changes.unchanged,
        chunks=tally.chunks,
        tokens=tally.tokens,
        failed=tuple(tally.failed),
        skipped=tuple(found.skipped),
        warnings=tuple(tally.warnings),
    )


def stored_below(paths: Iterable[Path], known: Iterable[str]) -> list[str]:
    """The stored files that `paths` name: each itself, or all below it when it is a folder. Raises UserError."""
    chosen: list[str] = []
    for path in paths:
        name = str(path.expanduser().absolute())
        below = [stored for stored in known if is_inside(stored, name)]
        if not below:
            raise UserError(f"{name} is not in this library.", "“alcove list” shows what is.")
        chosen += below
    return sorted(set(chosen))
