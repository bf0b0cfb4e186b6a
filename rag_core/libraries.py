"""The libraries of a data folder: which there are, what each is set to, and which folders it follows."""

from __future__ import annotations

import re
import secrets
import shutil
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rag_core.errors import LibraryLocked, LibraryMissing, LibraryTooNew, StorageFull, UserError
from rag_core.index.schema import DATABASE_FILE, LIBRARY
from rag_core.messages import NOTHING, Message, literal
from rag_core.paths import DataDir
from rag_core.settings import Settings, read_object, write_object
from rag_core.storage.writer_lock import lock_for_writing

if TYPE_CHECKING:  # the window imports this module for its records; the store would bring numpy along
    from rag_core.index.records import Identity

LibraryState = Literal["ready", "unfinished", "locked", "rebuild", "too_new", "damaged"]

SETTINGS_FILE = "library.json"
LEFT_OUT = "You removed it from this library. Add it by itself to have it back."

_DELETED = ".deleted-"
_NAME = re.compile(r"[^\W_][\w .,&'’()+-]{0,63}")  # what every file system takes: "Hollis & Marsh (2026)"
_WINDOWS_DEVICES = re.compile(r"(?:CON|PRN|AUX|NUL|COM\d|LPT\d)(?:\..*)?", re.IGNORECASE)
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that was added. `in_sync`: changes in it reach the library by themselves."""

    path: Path
    in_sync: bool = True


@dataclass(frozen=True, slots=True)
class LibrarySettings:
    """What holds for one library alone; None takes the general setting. `folders` are what the person added, `left_out`
    files and folders that they removed: a folder around them does not bring them back.
    """

    top_k: int | None = None
    relevance_threshold: float | None = None
    chunk_tokens: int | None = None
    folders: tuple[Folder, ...] = ()
    left_out: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class LibraryInfo:
    """A library as the list shows it. "unfinished": some passages still wait for their vector.

    `documents` are files that were read, `failed` those that could not be; `reason` says why it cannot be used.
    """

    name: str
    folder: Path
    documents: int = 0
    failed: int = 0
    passages: int = 0
    pending: int = 0
    size_bytes: int = 0
    state: LibraryState = "ready"
    reason: Message = NOTHING


def check_library_name(name: str) -> None:
    """Raises UserError for a name that is no folder name on every system."""
    if not _NAME.fullmatch(name) or name.endswith((".", " ")):
        raise UserError(f"“{name}” cannot be the name of a library.", "Use letters, digits, spaces and - _ . , & ( ).")
    if _WINDOWS_DEVICES.fullmatch(name):
        raise UserError(f"“{name}” is a name that Windows keeps for itself.", "Choose another name.")


def library_folder(data_dir: DataDir, name: str) -> Path:
    """Where its files are. Raises LibraryMissing, UserError for a name that no library can have."""
    check_library_name(name)
    folder = data_dir.libraries / name
    if not (folder / DATABASE_FILE).is_file():
        raise LibraryMissing(f"There is no library “{name}”.", "It may have been renamed or deleted.")
    return folder


def natural_order(name: str) -> tuple[tuple[int, str], ...]:
    """A key for sorting names as a person does: "Part 9" before "Part 10", capitals beside small letters."""
    parts = _DIGITS.split(unicodedata.normalize("NFKC", name).casefold())
    return tuple((int(part), "") if index % 2 else (-1, part) for index, part in enumerate(parts))


def list_libraries(data_dir: DataDir, identity: Identity | None = None) -> tuple[LibraryInfo, ...]:
    """Every library, by name; one that cannot be opened is listed with its state and reason.

    With `identity` (what makes vectors now), a library that was made with something else has the state "rebuild".
    """
    _finish_deleting(data_dir)
    return tuple(library_info(data_dir, folder.name, identity) for folder in _folders(data_dir))


def library_info(data_dir: DataDir, name: str, identity: Identity | None = None) -> LibraryInfo:
    """One library, opened for reading only: works beside a writer. Raises UserError when there is none."""
    from rag_core.index.store import Store

    folder = library_folder(data_dir, name)
    size_bytes = _size_of(folder)
    try:
        with Store.open(folder, read_only=True) as store:
            counts = store.counts()
            different = [] if identity is None else store.identity_differences(identity)
            if counts.passages == counts.pending and "chunker_version" not in different:
                different = []  # no vector exists yet: any encoder may begin
    except (UserError, OSError) as error:
        why = error.whole if isinstance(error, UserError) else literal(str(error))
        return LibraryInfo(
            name,
            folder,
            size_bytes=size_bytes,
            state=_state_of(error),
            reason=why,
        )
    state: LibraryState = "rebuild" if different else "unfinished" if counts.pending else "ready"
    return LibraryInfo(
        name, folder, counts.documents, counts.failed, counts.passages, counts.pending, size_bytes, state
    )


def create_library(data_dir: DataDir, name: str) -> LibraryInfo:
    """An empty library. Raises UserError for a bad or taken name, StorageFull where nothing can be written."""
    from rag_core.index.store import Store

    name = unicodedata.normalize("NFC", name.strip())
    check_library_name(name)
    _refuse_taken(data_dir, name)
    Store.open(data_dir.libraries / name).close()
    return library_info(data_dir, name)


def rename_library(data_dir: DataDir, name: str, new_name: str) -> LibraryInfo:
    """Close the library, and its conversations, first. Raises UserError (a bad or taken name), LibraryLocked."""
    folder = library_folder(data_dir, name)
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
    folder = library_folder(data_dir, name)
    _move(folder, data_dir.libraries / f"{_DELETED}{secrets.token_hex(6)}")
    _finish_deleting(data_dir)


def load_library_settings(data_dir: DataDir, name: str) -> LibrarySettings:
    """Defaults where none were saved. Raises UserError for a damaged file or a wrong value."""
    path = library_folder(data_dir, name) / SETTINGS_FILE
    stored = read_object(path)
    return LibrarySettings(
        top_k=_whole_number(stored, "top_k", path),
        relevance_threshold=_share(stored, "relevance_threshold", path),
        chunk_tokens=_whole_number(stored, "chunk_tokens", path),
        folders=tuple(_folder(entry, path) for entry in _list(stored, "folders", path)),
        left_out=tuple(_left_out(entry, path) for entry in _list(stored, "left_out", path)),
    )


def save_library_settings(data_dir: DataDir, name: str, settings: LibrarySettings) -> None:
    """Crash-safe. Raises StorageFull, UserError when there is no such library."""
    value = {
        "top_k": settings.top_k,
        "relevance_threshold": settings.relevance_threshold,
        "chunk_tokens": settings.chunk_tokens,
        "folders": [{"path": str(folder.path), "in_sync": folder.in_sync} for folder in settings.folders],
        "left_out": [str(path) for path in settings.left_out],
    }
    write_object(value, library_folder(data_dir, name) / SETTINGS_FILE)


def settings_of_library(data_dir: DataDir, name: str, general: Settings) -> Settings:
    """`general` with the library's own on top; one that is yet to be made has none. Raises UserError for a damaged file
    or a wrong value.
    """
    try:
        own = load_library_settings(data_dir, name)
    except LibraryMissing:
        return general
    return general.with_overrides(
        top_k=own.top_k, relevance_threshold=own.relevance_threshold, chunk_tokens=own.chunk_tokens
    )


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
            f"The folder of the libraries, {data_dir.libraries}, cannot be read ({error.strerror}).",
            "Check its permissions, or the disk it is on.",
        ) from error
    return sorted(found, key=lambda folder: (natural_order(folder.name), folder.name))


def _refuse_taken(data_dir: DataDir, name: str, except_for: str = "") -> None:
    for folder in _folders(data_dir):
        if folder.name != except_for and _sameness(folder.name) == _sameness(name):
            raise UserError(f"There is a library “{folder.name}” already.", "Choose another name.")


def _sameness(name: str) -> str:
    """Windows and macOS take names for the same that differ in capitals or in how accents are written."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


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
        lock_for_writing(
            folder / DATABASE_FILE, LIBRARY.title
        ).release()  # held by no other program; Windows moves no folder with an open file in it
        folder.rename(target)
    except PermissionError as error:
        raise LibraryLocked(
            f"The library “{folder.name}” is in use, or its folder may not be changed.",
            "Close the other program that uses it, or check the permissions of the folder, and try again.",
        ) from error
    except OSError as error:
        raise StorageFull(
            f"The library “{folder.name}” cannot be changed ({error.strerror}).",
            "Check the permissions of the folder and the disk, then try again.",
        ) from error


def _finish_deleting(data_dir: DataDir) -> None:
    """Remove what was deleted. What a system still holds on to goes next time: it is out of the list already."""
    for leftover in data_dir.libraries.glob(f"{_DELETED}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _whole_number(stored: dict[str, Any], name: str, path: Path) -> int | None:
    value = stored.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise _wrong(path, name, value)
    return value


def _share(stored: dict[str, Any], name: str, path: Path) -> float | None:
    value = stored.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise _wrong(path, name, value)
    return float(value)


def _list(stored: dict[str, Any], name: str, path: Path) -> list[object]:
    value = stored.get(name)
    if value is not None and not isinstance(value, list):
        raise _wrong(path, name, value)
    return value or []


def _left_out(entry: object, path: Path) -> Path:
    if not isinstance(entry, str) or not entry:
        raise _wrong(path, "left_out", entry)
    return Path(entry)


def _folder(entry: object, path: Path) -> Folder:
    if isinstance(entry, dict):
        place, in_sync = entry.get("path"), entry.get("in_sync", True)
        if isinstance(place, str) and place and isinstance(in_sync, bool):
            return Folder(Path(place), in_sync)
    raise _wrong(path, "folders", entry)


def _wrong(path: Path, name: str, value: object) -> UserError:
    return UserError(
        f"The setting “{name}” in {path} has the value {value!r}, which it cannot have.",
        "Correct it, or delete the line.",
    )
