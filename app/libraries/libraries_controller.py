"""The list of libraries: made, named, deleted, chosen."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from app.engine.controller import Controller
from app.engine.jobs import EngineLink
from app.kit.notices import Notice
from app.kit.text import tr, tr_message
from app.libraries.libraries_model import LibrariesModel, can_be_opened, state_reason
from rag_core.host.events import Failed
from rag_core.host.jobs import CreateLibrary, DeleteLibrary, ListLibraries, RenameLibrary
from rag_core.library.records import LibraryInfo

_REFRESH_MS = 1_000


class LibrariesController(Controller):
    """Remembers nothing by itself: the shell stores `library_chosen` and gives it back to `choose` at the next start.

    `name_refused` answers a bad name while it is being typed in; `loaded` carries the number of libraries.
    """

    library_chosen = Signal(str)
    rename_begun = Signal(str)
    rename_failed = Signal(str)
    library_renamed = Signal(str, str)
    library_deleted = Signal(str)
    name_refused = Signal(str)
    name_accepted = Signal(str)
    loaded = Signal(int)

    def __init__(self, engine: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(engine, parent)
        self.model = LibrariesModel(self)
        self.chosen = ""
        self._is_loaded = False
        self._to_choose: str | None = None
        self._soon = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._soon.timeout.connect(self.refresh)
        engine.engine_ready.connect(self.refresh)

    def shutdown(self) -> None:
        self._soon.stop()

    def refresh(self) -> None:
        self._soon.stop()
        self._run(ListLibraries(), self._show)

    def refresh_soon(self) -> None:
        """At most once a second, however often it is called."""
        if not self._soon.isActive():
            self._soon.start()

    def choose(self, name: str) -> None:
        """`library_chosen` follows; "" or a name that is gone takes the first library. Waits for the first list."""
        if not self._is_loaded:
            self._to_choose = name
            return
        info = self.model.info(name) or next(filter(can_be_opened, self.model.infos), None)
        if info is None:
            self._choose("")
        elif can_be_opened(info):
            self._choose(info.name)
        else:
            sentence = tr("“{name}” cannot be opened.", name=info.name)
            self.noticed.emit(Notice("error", sentence, state_reason(info)))

    def create(self, name: str) -> None:
        self._run(CreateLibrary(name.strip()), self._created, self._refuse_name)

    def rename(self, name: str, new_name: str) -> None:
        if new_name.strip() == name:
            self.name_accepted.emit(name)
            return
        wanted = RenameLibrary(name, new_name.strip())
        renaming = self._job(wanted, lambda info: self._renamed(name, info), self._refuse_name)
        renaming.failed.connect(lambda _: self.rename_failed.emit(name))
        self.rename_begun.emit(name)
        renaming.start()

    def delete(self, name: str) -> None:
        """The person has confirmed it."""
        self.library_deleted.emit(name)
        self._run(DeleteLibrary(name), lambda _value: self._deleted(name), self._not_deleted)

    def open_location(self, name: str) -> None:
        info = self.model.info(name)
        if info and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(info.folder))):
            self.noticed.emit(Notice("warning", tr("The folder could not be opened: {path}", path=str(info.folder))))

    def _choose(self, name: str) -> None:
        self.chosen = name
        self.library_chosen.emit(name)

    def _show(self, value: object) -> None:
        assert isinstance(value, tuple)
        infos: tuple[LibraryInfo, ...] = value
        self.model.show(infos)
        first_time, self._is_loaded = not self._is_loaded, True
        self.loaded.emit(len(infos))
        wanted, self._to_choose = self._to_choose, None
        if wanted is not None:
            self.choose(wanted)
        elif not first_time and self.chosen and self.model.info(self.chosen) is None:
            self.choose("")

    def _created(self, info: LibraryInfo) -> None:
        self._lay(info)
        self.name_accepted.emit(info.name)
        self._choose(info.name)

    def _renamed(self, name: str, info: LibraryInfo) -> None:
        was_chosen = self.chosen == name
        if was_chosen:
            self.chosen = info.name
        self._lay(info, instead_of=name)
        self.name_accepted.emit(info.name)
        self.library_renamed.emit(name, info.name)
        if was_chosen:
            self._choose(info.name)

    def _deleted(self, name: str) -> None:
        self.model.show([info for info in self.model.infos if info.name != name])
        if self.chosen == name:
            self.choose("")
        self.noticed.emit(Notice("success", tr("“{name}” was deleted. Your files are where they were.", name=name)))
        self.refresh()

    def _not_deleted(self, failure: Failed) -> None:
        self._tell(failure)
        self.refresh()

    def _lay(self, info: LibraryInfo, instead_of: str = "") -> None:
        others = [known for known in self.model.infos if known.name not in (info.name, instead_of)]
        self.model.show(sorted([*others, info], key=lambda known: known.name.casefold()))
        self.refresh_soon()

    def _refuse_name(self, failure: Failed) -> None:
        """A person's mistake is said where they type; anything else above the content."""
        if failure.kind == "user":
            self.name_refused.emit(f"{tr_message(failure.message)} {tr_message(failure.advice)}".strip())
        else:
            self.name_refused.emit("")
            self._tell(failure)
