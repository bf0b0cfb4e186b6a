"""The folders that a library follows: remembered in its settings, watched while it is on the screen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.documents.folder_watch import FolderWatch
from app.documents.indexing_model import FoldersModel, FolderStatus, Reach
from app.engine.controller import Controller
from app.engine.jobs import EngineLink
from rag_core.host.events import Failed
from rag_core.host.jobs import LoadLibrarySettings, SaveLibrarySettings
from rag_core.library.records import Folder, LibrarySettings
from rag_core.paths import is_inside

Folders = tuple[Folder, ...]


@dataclass(frozen=True, slots=True)
class _Edit:
    """A change of a library's folders. The settings are read first: other parts of the window change them too."""

    library: str
    change: Callable[[Folders], Folders]


class FoldersController(Controller):
    """`folder_changed(library, folder)` asks for reading a folder again."""

    folder_changed = Signal(str, Path)

    def __init__(self, engine: EngineLink, watch: FolderWatch | None = None, parent: QObject | None = None) -> None:
        super().__init__(engine, parent)
        self.model = FoldersModel(self)
        self._library = ""
        self._folders: Folders = ()
        self._left_out: tuple[Path, ...] = ()
        self._counts: dict[Path, int] = {}
        self._reach: dict[Path, Reach] = {}
        self._edits: deque[_Edit] = deque()
        self._is_saving = False
        self._watch = watch or FolderWatch(self)
        self._watch.reach_told.connect(self._note_reach)
        self._watch.folder_changed.connect(self._pass_on)

    def set_library(self, name: str) -> None:
        self._library = name
        self._counts, self._reach = {}, {}
        self._left_out = ()
        self._use(())
        if name:
            self._load()

    def window_activated(self) -> None:
        self._watch.window_activated()

    def shutdown(self) -> None:
        self._watch.shutdown()

    def note_change(self, library: str) -> None:
        """Documents were removed or taken in again: what is left out has changed."""
        if library and library == self._library and self._folders:
            self._load()

    def left_out_of(self, folder: Path) -> tuple[Path, ...]:
        """What the person removed of it."""
        return tuple(path for path in self._left_out if is_inside(str(path), str(folder)))

    def remember(self, library: str, paths: Sequence[Path]) -> None:
        """Those of `paths` that are folders are followed from now on."""
        self._watch.find_folders(paths, lambda found: self._remember_found(library, found))

    def set_in_sync(self, path: Path, in_sync: bool) -> None:
        self._edit(
            self._library,
            lambda folders: tuple(
                replace(folder, in_sync=in_sync) if folder.path == path else folder for folder in folders
            ),
        )

    def forget(self, path: Path) -> None:
        self._edit(self._library, lambda folders: tuple(folder for folder in folders if folder.path != path))

    def set_counts(self, counts: Mapping[Path, int]) -> None:
        """How many documents lie below each folder."""
        self._counts = dict(counts)
        self._show()

    def count(self, path: Path) -> int:
        return self._counts.get(path, 0)

    def _remember_found(self, library: str, found: tuple[Path, ...]) -> None:
        if found:
            self._edit(library, lambda folders: with_added(folders, found))

    def _edit(self, library: str, change: Callable[[Folders], Folders]) -> None:
        if library == self._library:
            self._use(change(self._folders))  # seen at once; the stored ones follow
        self._edits.append(_Edit(library, change))
        self._save_next()

    def _save_next(self) -> None:
        if self._is_saving or not self._edits:
            return
        self._is_saving = True
        edit = self._edits.popleft()
        read = LoadLibrarySettings(edit.library)
        loading = self._job(read, lambda settings: self._save(edit, settings), self._not_saved)
        loading.stopped.connect(self._saved)
        loading.start()

    def _save(self, edit: _Edit, settings: LibrarySettings) -> None:
        changed = replace(settings, folders=edit.change(settings.folders))
        if edit.library == self._library:
            self._use(changed.folders)
        saving = self._job(SaveLibrarySettings(edit.library, changed))
        saving.ended.connect(self._saved)
        saving.start()

    def _saved(self) -> None:
        self._is_saving = False
        self._save_next()

    def _not_saved(self, failure: Failed) -> None:
        self._tell(failure)
        self._saved()

    def _load(self) -> None:
        library = self._library
        self._run(LoadLibrarySettings(library), lambda settings: self._use_of(library, settings))

    def _use_of(self, library: str, settings: LibrarySettings) -> None:
        if library == self._library:
            self._left_out = settings.left_out
            if not self._is_saving and not self._edits:  # else newer folders than these are shown already
                self._use(settings.folders)
            else:
                self._show()

    def _use(self, folders: Folders) -> None:
        self._folders = folders
        self._show()
        self._watch.set_folders(tuple(folder.path for folder in folders if folder.in_sync))

    def _show(self) -> None:
        self.model.show(
            tuple(
                FolderStatus(
                    folder.path,
                    folder.in_sync,
                    self.count(folder.path),
                    self._reach_of(folder.path),
                    len(self.left_out_of(folder.path)),
                )
                for folder in self._folders
            )
        )

    def _reach_of(self, path: Path) -> Reach:
        found = self._reach.get(path, "here")
        return found if found != "empty" or self.count(path) else "here"  # empty, and nothing was lost

    def _note_reach(self, path: Path, reach: Reach) -> None:
        self._reach[path] = reach
        self._show()

    def _pass_on(self, path: Path) -> None:
        if self._library:
            self.folder_changed.emit(self._library, path)


def with_added(folders: Folders, added: Sequence[Path]) -> Folders:
    """A folder inside one that is followed needs no line of its own; one around others takes their place."""
    result = list(folders)
    for path in added:
        if any(is_inside(str(path), str(folder.path)) for folder in result):
            continue
        result = [folder for folder in result if not is_inside(str(folder.path), str(path))]
        result.append(Folder(path))
    return tuple(result)
