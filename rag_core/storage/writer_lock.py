"""One writer per file, across processes. Readers take no lock: SQLite's WAL lets them read beside a writer."""

from __future__ import annotations

from pathlib import Path

from rag_core.errors import LibraryLocked
from rag_core.messages import Message, say
from rag_core.storage.file_lock import FileLock


def lock_for_writing(path: Path, title: Message) -> FileLock:
    """To be released by whoever asked. `title` is what messages call the file.

    Raises LibraryLocked when another process, or this one, holds it; OSError where nothing can be written.
    """
    lock = FileLock(path.with_suffix(".lock"))
    if not lock.acquire():
        raise LibraryLocked(say("file-being-changed", title=title, folder=str(path.parent)), say("wait-or-close"))
    return lock
