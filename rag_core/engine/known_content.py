"""Files whose content the library holds already: touched, copied, moved or renamed. To hash is cheaper than to parse.

Only a file of the same size as a stored one is hashed, so that a first add of a folder reads each file once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rag_core.engine.workspace import Workspace
from rag_core.errors import UserError
from rag_core.index.records import KnownFile
from rag_core.ingest.formats.source import open_source
from rag_core.ingest.scan import FoundFile
from rag_core.progress import Progress
from rag_core.types import AddStep, Document, FileReading

_BLOCK_BYTES = 16 * 1024**2  # some 20 ms


def link_known(
    files: Sequence[FoundFile], known: Mapping[str, KnownFile], work: Workspace
) -> Generator[AddStep, None, set[str]]:
    """Let each file whose content is stored hold that content; returns the paths that are done with."""
    sizes = {file.size_bytes for file in known.values() if file.document_id}
    candidates = [file for file in files if file.size_bytes in sizes]
    stored = _stored(work) if candidates else {}
    linked: set[str] = set()
    for number, file in enumerate(candidates):
        yield Progress("compare", number, len(candidates), "files", Path(file.path).name)
        content = yield from _content_of(file, work.settings.max_file_bytes)
        if content in stored and _link(file, content, known, work):
            linked.add(file.path)
            yield replace(stored[content], path=file.path, modified_ns=file.modified_ns)
    return linked


def _stored(work: Workspace) -> dict[str, Document]:
    return {document.document_id: document for document in work.store.documents() if document.document_id}


def _link(file: FoundFile, content: str, known: Mapping[str, KnownFile], work: Workspace) -> bool:
    before = known.get(file.path)
    if before is not None and before.document_id == content:
        work.store.touch_file(file.path, file.size_bytes, file.modified_ns)
        return True
    return work.store.link_path(file.path, file.size_bytes, file.modified_ns, content)


def _content_of(file: FoundFile, max_file_bytes: int) -> Generator[AddStep, None, str]:
    """The SHA-256 of the file as it was found; empty when it cannot be read or has changed: reading it says why."""
    digest = hashlib.sha256()
    try:
        with open_source(Path(file.path), max_file_bytes) as source:
            source.file.seek(0)
            while block := source.file.read(_BLOCK_BYTES):
                digest.update(block)
                yield FileReading(file.path)
            source.raise_if_changed()
            same = (source.size_bytes, source.modified_ns) == file.stamp
    except (UserError, OSError):
        return ""
    return digest.hexdigest() if same else ""
