"""From a dropped folder to a searchable library: scan, compare, read, cut, store; then embed what has no vectors yet.

Stopping at any step loses nothing: each document is one transaction, each batch of vectors another, and the same call
goes on where this one stopped. Everything can be found by its words before the first vector is computed.
"""

from __future__ import annotations

import dataclasses
import time
import traceback
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rag_core.engine.known_content import link_known
from rag_core.engine.suited import keep_chunk_tokens
from rag_core.engine.workspace import Workspace
from rag_core.errors import DocumentOutOfReach, UserError
from rag_core.index.records import KnownFile
from rag_core.ingest.chunker import chunk_document
from rag_core.ingest.formats.registry import readable_suffixes
from rag_core.ingest.reading import DocumentReader, Read, ReadResult
from rag_core.ingest.scan import Changes, FoundFile, Scan, Stamp, compare, scan
from rag_core.library import left_out
from rag_core.messages import Message, say
from rag_core.paths import is_inside, whole_path
from rag_core.progress import Progress
from rag_core.stages import EMBED
from rag_core.text.language import language_of
from rag_core.types import AddReport, AddStep, Chunk, Document, FileProblem, FileReading, FilesQueued

_QUEUED_PER_PIECE = 1000
_STEP_S = 0.1
_PAGES_FOR_LANGUAGE = 5
_NEVER = (-1, -1)


@dataclass(slots=True)
class _Tally:
    chunk_tokens: int
    chunks: int = 0
    tokens: int = 0
    failed: list[FileProblem] = field(default_factory=list)
    warnings: list[FileProblem] = field(default_factory=list)


def add(
    paths: Sequence[Path], work: Workspace, out: Collection[str], *, retry: bool, reread: bool
) -> Generator[AddStep, None, AddReport]:
    """Bring the library in line with `paths`, but for what the person keeps `out` of it; the report, without its time,
    is the generator's value. See `Engine.add` for `retry` and `reread`.
    """
    found = yield from _scan(paths)
    known = work.store.known_files()
    changes, kept_out = left_out.split(compare(found, _stamps(known, retry, reread)), paths, out)
    found.skipped += kept_out
    files = sorted((*changes.added, *changes.changed), key=lambda file: file.path)
    yield from _queued(files)
    linked: set[str] = set()
    if not reread:
        # Before anything is removed: a file that was moved finds its content under its old path.
        linked = yield from link_known(files, known, work)
    if changes.removed:
        work.store.remove_paths(changes.removed)
    unread = [file for file in files if file.path not in linked]
    tally = _Tally(keep_chunk_tokens(work) if unread else 0)
    if unread:
        yield from _read(unread, work, tally, reread)
    return _report(found, changes, tally)


def _scan(paths: Sequence[Path]) -> Generator[AddStep, None, Scan]:
    yield Progress("scan", 0, None, "files")
    walk = scan(paths, readable_suffixes())
    while True:
        try:
            count = next(walk)
        except StopIteration as end:
            found: Scan = end.value
            yield Progress("scan", len(found.files), len(found.files), "files")
            return found
        yield Progress("scan", count, None, "files")


def _queued(files: Sequence[FoundFile]) -> Iterator[FilesQueued]:
    for start in range(0, len(files), _QUEUED_PER_PIECE):
        yield FilesQueued(tuple(file.path for file in files[start : start + _QUEUED_PER_PIECE]))


def _stamps(known: Mapping[str, KnownFile], retry: bool, reread: bool) -> dict[str, Stamp]:
    """What need not be read again; a file that failed and is retried counts as never seen."""
    return {
        path: _NEVER if reread else (file.size_bytes, file.modified_ns)
        for path, file in known.items()
        if file.document_id or not retry
    }


def _read(files: Sequence[FoundFile], work: Workspace, tally: _Tally, replace: bool) -> Generator[AddStep, None, None]:
    found = {file.path: file for file in files}
    done = 0
    with DocumentReader(work.settings) as reader:
        yield Progress("read", 0, len(found), "files")
        for step in reader.read_stepwise([Path(path) for path in found]):
            path = step.path if isinstance(step, Read) else step
            match step:
                case Path():
                    yield FileReading(str(path))
                case Read(_, ReadResult() as read):
                    yield (yield from _store_document(_with_language(read), work, tally, replace))
                case Read(_, UserError() as error):
                    yield _store_failure(_as_read(found[str(path)], error), error.whole, work, tally)
            done += isinstance(step, Read)
            yield Progress("read", done, len(found), "files", path.name if path else "")


def _store_document(
    read: ReadResult, work: Workspace, tally: _Tally, replace: bool
) -> Generator[AddStep, None, Document]:
    name = str(read.path)
    try:
        chunks = yield from _cut(read, work, tally.chunk_tokens)
        work.store.put_document(
            name, read.size_bytes, read.modified_ns, read.document_id, read.parsed, chunks, replace=replace
        )
    except UserError:
        raise  # the disk is full, the library is locked: this concerns every document
    except Exception as error:  # noqa: BLE001 - a bug of ours in one document must not stop the other thousand
        report = _write_report(work.reports, read)
        reason = say("mistake-on-file", kind=type(error).__name__, report=str(report))
        return _store_failure(FoundFile(name, read.size_bytes, read.modified_ns), reason, work, tally)
    tally.chunks += len(chunks)
    tally.tokens += sum(chunk.token_count for chunk in chunks)
    tally.warnings += [FileProblem(name, warning) for warning in read.parsed.warnings]
    return _document(read, chunks)


def _with_language(read: ReadResult) -> ReadResult:
    text = "\n".join(page.text for page in read.parsed.pages[:_PAGES_FOR_LANGUAGE])
    return dataclasses.replace(read, parsed=dataclasses.replace(read.parsed, language=language_of(text)))


def _cut(read: ReadResult, work: Workspace, target_tokens: int) -> Generator[AddStep, None, list[Chunk]]:
    """A book takes seconds to cut, and a question may come meanwhile."""
    chunks: list[Chunk] = []
    started = time.perf_counter()
    for chunk in chunk_document(read.parsed, work.models[EMBED].unopened, target_tokens):
        chunks.append(chunk)
        if time.perf_counter() - started > _STEP_S:
            yield FileReading(str(read.path))
            started = time.perf_counter()
    return chunks


def _document(read: ReadResult, chunks: Sequence[Chunk]) -> Document:
    return Document(
        document_id=read.document_id,
        path=str(read.path),
        media_type=read.parsed.media_type,
        title=read.parsed.title,
        size_bytes=read.size_bytes,
        modified_ns=read.modified_ns,
        pages=len(read.parsed.pages),
        chunks=len(chunks),
        state="keyword_searchable" if chunks else "searchable",
        warnings=read.parsed.warnings,
        language=read.parsed.language,
    )


def _as_read(file: FoundFile, error: ReadResult | UserError) -> FoundFile:
    """What could not be reached gets a time that fits no file: it is read when it can be, changed or not."""
    if isinstance(error, DocumentOutOfReach):
        return FoundFile(file.path, file.size_bytes, file.modified_ns - 1)
    return file


def _store_failure(file: FoundFile, reason: Message, work: Workspace, tally: _Tally) -> Document:
    tally.failed.append(FileProblem(file.path, reason))
    work.store.put_failure(file.path, file.size_bytes, file.modified_ns, reason)
    return Document("", file.path, "", "", file.size_bytes, file.modified_ns, 0, 0, "failed", reason)


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
        name = str(whole_path(path))
        below = [stored for stored in known if is_inside(stored, name)]
        if not below:
            raise UserError(say("not-in-library", name=name), say("see-documents"))
        chosen += below
    return sorted(set(chosen))
