"""What the person took out of a library: the files stay where they are, so their folder must not bring them back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

from rag_core.errors import UserError
from rag_core.ingest.scan import Changes, FoundFile
from rag_core.library.library import Library
from rag_core.library.records import LEFT_OUT
from rag_core.paths import is_inside, whole_path
from rag_core.types import FileProblem

Places = tuple[Path, ...]


def leave_out(library: Library, paths: Sequence[Path]) -> None:
    """Remember that these files, or all below these folders, were taken out. Raises StorageFull."""
    named = tuple(map(whole_path, paths))
    _change(library, lambda stored: _without(stored, named, below=True) + named)


def take_in(library: Library, paths: Sequence[Path]) -> frozenset[str]:
    """The person adds these: what of them was left out is so no longer. Returns what still is. Raises StorageFull."""
    named = tuple(map(whole_path, paths))
    return frozenset(map(str, _change(library, lambda stored: _without(stored, named))))


def split(changes: Changes, given: Sequence[Path], left_out: Collection[str]) -> tuple[Changes, list[FileProblem]]:
    """The changes without new files that are left out, and these, or the folder they are left out with, as skipped.

    What the library holds stays up to date, and what was `given` inside a folder that is left out is read.
    """
    if not left_out:
        return changes, []
    named = frozenset(str(whole_path(path)) for path in given)
    kept: list[FoundFile] = []
    skipped: dict[str, FileProblem] = {}
    for file in changes.added:
        entry = _entry_for(file.path, left_out, named)
        if entry:
            skipped.setdefault(entry, FileProblem(entry, LEFT_OUT))
        else:
            kept.append(file)
    return replace(changes, added=tuple(kept)), list(skipped.values())


def _entry_for(path: str, left_out: Collection[str], given: Collection[str]) -> str:
    """What `path` is left out with; empty where it is not, or was asked for."""
    for place in (path, *map(str, Path(path).parents)):
        if place in left_out:
            return place
        if place in given:
            return ""  # asked for more closely than it was left out
    return ""


def _change(library: Library, change: Callable[[Places], Places]) -> Places:
    """Nothing is known, and nothing is written, where the library's settings are damaged: loading them says so."""
    try:
        settings = library.load_settings()
    except UserError:
        return ()
    left_out = change(settings.left_out)
    if left_out != settings.left_out:
        library.save_settings(replace(settings, left_out=left_out))
    return left_out


def _without(stored: Places, named: Places, below: bool = False) -> Places:
    gone = {str(path) for path in named}
    return tuple(
        path
        for path in stored
        if str(path) not in gone and not (below and any(is_inside(str(path), place) for place in gone))
    )
