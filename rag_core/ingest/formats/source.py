"""One open file: what a parser may look at. The bytes that are parsed are the bytes that are hashed."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from io import BufferedReader
from pathlib import Path

from rag_core.errors import DocumentOutOfReach, DocumentUnreadable
from rag_core.ingest.formats import containers, failures
from rag_core.messages import say

HEAD_BYTES = 64 * 1024
_WINDOWS_PATH_CHARS = 240  # beyond about this length Windows wants the \\?\ form


@dataclass
class Source:
    """An open, regular, not empty file. `path` is for names in messages; the content comes from the one handle."""

    path: Path
    file: BufferedReader
    size_bytes: int
    modified_ns: int
    head: bytes
    _identity: tuple[int, ...]
    _sha256: str = field(default="")

    @property
    def suffix(self) -> str:
        return self.path.suffix.lower()

    @cached_property
    def zip_names(self) -> frozenset[str]:
        """Names of the members if this is a readable ZIP archive, else nothing."""
        return containers.zip_names(self.file) if self.head.startswith(b"PK") else frozenset()

    @cached_property
    def ole_names(self) -> frozenset[str]:
        """Names of the streams if this is an OLE compound file (old Office, encrypted Office), else nothing."""
        return containers.ole_names(self.file) if self.head.startswith(containers.OLE_MAGIC) else frozenset()

    @cached_property
    def looks_like_text(self) -> bool:
        return containers.looks_like_text(self.head)

    def read_bytes(self) -> bytes:
        """The whole content, from one pass over the handle; its hash is kept as `sha256`."""
        self.file.seek(0)
        data = self.file.read()
        if len(data) != self.size_bytes:
            raise _changed(self.path)
        self._sha256 = hashlib.sha256(data).hexdigest()
        return data

    def sha256(self) -> str:
        """The SHA-256 of what `read_bytes` gave; of the file if nothing was read whole."""
        if not self._sha256:
            self.file.seek(0)
            self._sha256 = hashlib.file_digest(self.file, "sha256").hexdigest()
        return self._sha256

    def raise_if_changed(self) -> None:
        """Raises DocumentUnreadable when the file on disk is no longer the one that was opened."""
        try:
            now = system_path(self.path).stat()
        except FileNotFoundError as error:
            raise DocumentOutOfReach(
                say("file-moved-while-read", name=self.path.name), say("add-from-new-place")
            ) from error
        except OSError as error:
            raise _cannot_open(self.path, error) from error
        if _identity(now) != self._identity:
            raise _changed(self.path)


@contextmanager
def open_source(path: Path, max_file_bytes: int) -> Iterator[Source]:
    """Open `path` for a parser. Raises DocumentUnreadable: gone, no permission, not a file, empty, too large."""
    place = system_path(path)
    try:
        if not stat.S_ISREG(place.stat().st_mode):  # before opening: a named pipe would block
            raise DocumentUnreadable(say("not-a-file", name=path.name), say("add-files-or-folders"))
        file = place.open("rb")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise _cannot_open(path, error) from error
    with file:
        facts = os.fstat(file.fileno())
        if facts.st_size == 0:
            raise failures.is_empty(path)
        if facts.st_size > max_file_bytes:
            raise failures.too_many_bytes(path, facts.st_size, max_file_bytes)
        try:
            head = file.read(HEAD_BYTES)
        except OSError as error:
            raise _cannot_open(path, error) from error
        yield Source(path, file, facts.st_size, facts.st_mtime_ns, head, _identity(facts))


def system_path(path: Path) -> Path:
    """`path` as the system opens it, whatever its length (long paths need a prefix on Windows)."""
    if sys.platform == "win32":
        absolute = str(path.absolute())
        if len(absolute) > _WINDOWS_PATH_CHARS and not absolute.startswith("\\\\"):
            return Path("\\\\?\\" + absolute)
    return path


def _identity(facts: os.stat_result) -> tuple[int, ...]:
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def _changed(path: Path) -> DocumentUnreadable:
    return DocumentUnreadable(say("file-changed-while-read", name=path.name), say("add-when-closed"))


def _cannot_open(path: Path, error: Exception) -> DocumentOutOfReach:
    if isinstance(error, FileNotFoundError):
        return DocumentOutOfReach(say("file-gone", name=path.name), say("was-deleted-or-moved"))
    if isinstance(error, PermissionError):
        return DocumentOutOfReach(say("file-not-allowed", name=path.name), say("ask-permission"))
    reason = getattr(error, "strerror", None) or str(error)
    return DocumentOutOfReach(say("file-not-openable", name=path.name, reason=reason), say("check-disk"))
