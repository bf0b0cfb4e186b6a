"""What is to be read: folders expanded, everything that will not be read listed with its reason.

A file whose size and modification time are as stored is unchanged and is not opened, which keeps adding a folder again
under a second. Anything else is read, and its content hash decides.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rag_core.messages import Message, literal, say
from rag_core.paths import is_inside
from rag_core.types import FileProblem

# Size and time of change: what the library remembers of a file, enough to see that it has not changed.
Stamp = tuple[int, int]

_OFFICE_LOCK = "~$"
_ENTRIES_PER_STEP = 500  # some 10 ms on a local disk
_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class FoundFile:
    path: str
    size_bytes: int
    modified_ns: int

    @property
    def stamp(self) -> Stamp:
        return self.size_bytes, self.modified_ns


@dataclass(slots=True)
class Scan:
    """`roots` are the folders that were read to the end: only below these can a missing file count as removed."""

    files: list[FoundFile] = field(default_factory=list)
    skipped: list[FileProblem] = field(default_factory=list)
    roots: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Changes:
    added: tuple[FoundFile, ...]
    changed: tuple[FoundFile, ...]
    removed: tuple[str, ...]
    unchanged: int


def scan(paths: Iterable[Path], suffixes: Collection[str]) -> Generator[int, None, Scan]:
    """Walk `paths`; gives control back after every folder and many files, with the number of files found so far.

    Hidden files and folders are passed over silently, links to folders are followed once. A given path that does not
    exist is listed in `skipped`, never an error: the other paths are still read.
    """
    walk = _Walk(suffixes)
    for path in paths:
        yield from walk.take(path)
    walk.found.files.sort(key=lambda file: file.path)
    return walk.found


def compare(found: Scan, known: Mapping[str, Stamp]) -> Changes:
    """What has changed since the library last read these folders.

    A known file is removed when it lay below a folder that was read, and no longer does. Below a subfolder that could
    not be read (a network drive that is away) nothing counts as removed.
    """
    added, changed = [], []
    for file in found.files:
        stamp = known.get(file.path)
        if stamp is None:
            added.append(file)
        elif stamp != file.stamp:
            changed.append(file)
    present = {file.path for file in found.files}
    removed = tuple(path for path in known if path not in present and _is_gone(path, found))
    return Changes(tuple(added), tuple(changed), removed, len(found.files) - len(added) - len(changed))


def _is_gone(path: str, found: Scan) -> bool:
    return _below(path, found.roots) and not _below(path, found.unreadable) and not os.path.lexists(path)


def _below(path: str, folders: Iterable[str]) -> bool:
    return any(is_inside(path, folder) for folder in folders)


class _Walk:
    """Takes each file once, and each folder, however often and by whatever way it comes to it."""

    def __init__(self, suffixes: Collection[str]) -> None:
        self.found = Scan()
        self._suffixes = suffixes
        self._folders: set[tuple[int, int]] = set()
        self._files: set[str] = set()

    def take(self, given: Path) -> Iterator[int]:
        path = os.path.abspath(os.path.expanduser(given))  # not resolved: the person's own path is what we show
        try:
            facts = os.stat(path)
        except (OSError, ValueError) as error:
            self._skip(path, say("cannot-be-opened", reason=_reason(error)))
            return
        if stat.S_ISDIR(facts.st_mode):
            yield from self._folder(path)
            self.found.roots.append(path)
        else:
            self._file(path, facts, named=True)

    def _folder(self, root: str) -> Iterator[int]:
        pending = [root]
        while pending:
            folder = pending.pop()
            try:
                facts = os.stat(folder)
                if (facts.st_dev, facts.st_ino) in self._folders:  # a link that leads back, or a folder given twice
                    continue
                if _leads_out(folder, root):
                    self._skip(folder, say("link-leads-out"))
                    continue
                self._folders.add((facts.st_dev, facts.st_ino))
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError as error:
                self.found.unreadable.append(folder)
                self._skip(folder, say("folder-cannot-be-opened", reason=_reason(error)))
                continue
            subfolders: list[str] = []
            for start in range(0, len(entries), _ENTRIES_PER_STEP):
                subfolders += self._subfolders(entries[start : start + _ENTRIES_PER_STEP])
                yield len(self.found.files)
            pending.extend(reversed(subfolders))

    def _subfolders(self, entries: list[os.DirEntry[str]]) -> Iterator[str]:
        """Takes the files among the entries; gives the folders."""
        for entry in entries:
            if entry.name.startswith((".", _OFFICE_LOCK)) or entry.name.lower() in _SYSTEM_FILES:
                continue
            try:
                if entry.is_dir():
                    yield entry.path
                else:
                    self._file(entry.path, entry.stat())
            except OSError as error:
                self._skip(entry.path, say("cannot-be-opened", reason=_reason(error)))

    def _file(self, path: str, facts: os.stat_result, named: bool = False) -> None:
        """`named`: the person pointed at this very file, so its content decides, not its ending."""
        if path in self._files:
            return
        self._files.add(path)
        suffix = os.path.splitext(path)[1].lower()
        if _printable(path) != path:
            self._skip(path, say("name-not-text"))
        elif not stat.S_ISREG(facts.st_mode):
            self._skip(path, say("not-ordinary-file"))
        elif suffix not in self._suffixes and not named:
            self._skip(path, say("ending-not-read", suffix=suffix) if suffix else say("no-ending-not-read"))
        else:
            self.found.files.append(FoundFile(path, facts.st_size, facts.st_mtime_ns))

    def _skip(self, path: str, reason: Message) -> None:
        self.found.skipped.append(FileProblem(_printable(path), reason))


def _leads_out(folder: str, root: str) -> bool:
    """A link to a folder that holds `root`, to "/" for one, would bring in what nobody gave."""
    return os.path.islink(folder) and folder != root and is_inside(os.path.realpath(root), os.path.realpath(folder))


def _printable(path: str) -> str:
    """A file name that is not valid Unicode reaches Python with surrogates, which neither screen nor database takes."""
    return path.encode("utf-8", "replace").decode("utf-8").replace("\x00", "?")


def _reason(error: Exception) -> Message:
    if isinstance(error, FileNotFoundError):
        return say("nothing-of-that-name")
    if isinstance(error, PermissionError):
        return say("no-permission-to-read")
    return literal(getattr(error, "strerror", None) or str(error))
