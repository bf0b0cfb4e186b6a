"""The libraries of a data folder: which there are, in which state; made, renamed, deleted."""

from __future__ import annotations

import secrets
import shutil
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from rag_core.errors import LibraryLocked, LibraryTooNew, StorageFull, UserError
from rag_core.index.schema import DATABASE_FILE, LIBRARY
from rag_core.library.library import Library
from rag_core.library.names import check_library_name, natural_order, sameness
from rag_core.library.records import LibraryInfo, LibraryState
from rag_core.messages import literal, say
from rag_core.paths import DataDir
from rag_core.storage.database import lock_for_writing

if TYPE_CHECKING:  # the store would bring numpy along
    from rag_core.index.records import Identity

_DELETED = ".deleted-"


def list_libraries(data_dir: DataDir, identity: Identity | None = None) -> tuple[LibraryInfo, ...]:
    """Every library, by name; one that cannot be opened is listed with its state and reason.

    With `identity` (what makes vectors now), a library that was made with something else has the state "rebuild".
    """
    _finish_deleting(data_dir)
    return tuple(_listed(data_dir, folder, identity) for folder in _folders(data_dir))


def _listed(data_dir: DataDir, folder: Path, identity: Identity | None) -> LibraryInfo:
    """One that somebody renamed by hand, or that has gone meanwhile, keeps no other from the list."""
    try:
        return library_info(data_dir, folder.name, identity)
    except UserError as error:
        return LibraryInfo(folder.name, folder, state="damaged", reason=error.whole)


def library_info(data_dir: DataDir, name: str, identity: Identity | None = None) -> LibraryInfo:
    """One library, opened for reading only: works beside a writer. Raises UserError when there is none."""
    with Library(data_dir, name, read_only=True).require() as library:
        size_bytes = _size_of(library.folder)
        try:
            counts = library.store.counts()
            different = [] if identity is None else library.store.identity_differences(identity)
        except (UserError, OSError) as error:
            reason = error.whole if isinstance(error, UserError) else literal(str(error))
            return LibraryInfo(name, library.folder, size_bytes=size_bytes, state=_state_of(error), reason=reason)
    if counts.passages == counts.pending and "chunker_version" not in different:
        different = []  # no vector exists yet: any encoder may begin
    state: LibraryState = "rebuild" if different else "unfinished" if counts.pending else "ready"
    return LibraryInfo(
        name, library.folder, counts.documents, counts.failed, counts.passages, counts.pending, size_bytes, state
    )


def create_library(data_dir: DataDir, name: str) -> LibraryInfo:
    """An empty library. Raises UserError for a bad or taken name, StorageFull where nothing can be written."""
    with Library(data_dir, unicodedata.normalize("NFC", name.strip())) as library:
        _refuse_taken(data_dir, library.name)
        library.make()
    return library_info(data_dir, library.name)


def rename_library(data_dir: DataDir, name: str, new_name: str) -> LibraryInfo:
    """Close the library, and its conversations, first. Raises UserError (a bad or taken name), LibraryLocked."""
    folder = Library(data_dir, name).require().folder
    new_name = unicodedata.normalize("NFC", new_name.strip())
    check_library_name(new_name)
    _refuse_taken(data_dir, new_name, except_for=name)
    if new_name != name:
        _move(folder, data_dir.libraries / new_name)
    return library_info(data_dir, new_name)


def delete_library(data_dir: DataDir, name: str) -> None:
    """Close the library, and its conversations, first. The files that were added stay where they are. Raises UserError
    when there is no such library, LibraryLocked when a program uses it.

    First the name goes, at once; a crash after that leaves a hidden folder, which the next `list_libraries` removes.
    """
    folder = Library(data_dir, name).require().folder
    _move(folder, data_dir.libraries / f"{_DELETED}{secrets.token_hex(6)}")
    _finish_deleting(data_dir)


def _folders(data_dir: DataDir) -> list[Path]:
    try:
        found = [
            folder
            for folder in data_dir.libraries.iterdir()
            if not folder.name.startswith(".") and (folder / DATABASE_FILE).is_file()
        ]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(
            say("libraries-unreadable", folder=str(data_dir.libraries), reason=error.strerror or str(error)),
            say("check-folder-or-disk"),
        ) from error
    return sorted(found, key=lambda folder: (natural_order(folder.name), folder.name))


def _refuse_taken(data_dir: DataDir, name: str, except_for: str = "") -> None:
    for folder in _folders(data_dir):
        if folder.name != except_for and sameness(folder.name) == sameness(name):
            raise UserError(say("library-exists", name=folder.name), say("choose-another-name"))


def _state_of(error: Exception) -> LibraryState:
    if isinstance(error, LibraryLocked):
        return "locked"
    return "too_new" if isinstance(error, LibraryTooNew) else "damaged"


def _size_of(folder: Path) -> int:
    try:
        return sum(entry.stat().st_size for entry in folder.iterdir() if entry.is_file())
    except OSError:  # a file that vanishes while it is looked at
        return 0


def _move(folder: Path, target: Path) -> None:
    """Rename a library's folder when nobody writes to it."""
    try:
        # Held by no other program; and released, since Windows moves no folder with an open file in it.
        lock_for_writing(folder / DATABASE_FILE, LIBRARY.title).release()
        folder.rename(target)
    except PermissionError as error:
        raise LibraryLocked(say("library-in-use", name=folder.name), say("close-or-check-folder")) from error
    except OSError as error:
        raise StorageFull(
            say("library-not-changed", name=folder.name, reason=error.strerror or str(error)),
            say("check-folder-and-disk"),
        ) from error


def _finish_deleting(data_dir: DataDir) -> None:
    """Remove what was deleted. What a system still holds on to goes next time: it is out of the list already."""
    for leftover in data_dir.libraries.glob(f"{_DELETED}*"):
        shutil.rmtree(leftover, ignore_errors=True)
