"""Settings: loads them, saves each change at once, and looks after the installed models."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from app.engine.controller import Controller
from app.engine.jobs import EngineLink, JobHandle
from app.kit.background import Background
from app.kit.notices import Notice
from app.kit.text import tr, tr_message
from app.settings.packs_model import PackCheck, PacksModel
from app.settings.settings_model import SettingsModel
from rag_core.conversations.records import Conversation
from rag_core.host.events import Failed, PackInfo
from rag_core.host.jobs import (
    DeleteConversation,
    ImportPack,
    Job,
    ListConversations,
    ListPacks,
    LoadLibrarySettings,
    LoadSettings,
    PreparePacks,
    SaveLibrarySettings,
    SaveSettings,
    VerifyPack,
)
from rag_core.library.records import LibrarySettings
from rag_core.messages import Message
from rag_core.paths import DataDir
from rag_core.progress import Progress
from rag_core.settings import Settings


class SettingsController(Controller):
    """`model` and `packs` are for the dialog.

    `settings_saved` after the engine has taken new settings, `packs_changed` after an import; `reread_requested` asks
    whoever looks after documents to read a library's documents again; `conversations_deleted` names the library.
    """

    settings_saved = Signal()
    packs_changed = Signal()
    reread_requested = Signal(str)
    conversations_deleted = Signal(str)

    def __init__(self, engine: EngineLink, data_dir: DataDir | None = None, parent: QObject | None = None) -> None:
        super().__init__(engine, parent)
        self.model = SettingsModel(self)
        self.packs = PacksModel(self)
        self._data_dir = data_dir
        self._importing: JobHandle | None = None
        self._background = Background(self)
        engine.engine_ready.connect(self.load)

    # What is stored

    def load(self) -> None:
        """After a start of the engine, so that damaged settings are told at once."""
        self._run(LoadSettings(), self._take_settings, self._take_damage)

    def refresh(self) -> None:
        """The dialog opens: everything as it is now."""
        self.load()
        self._run(ListPacks(), self._take_packs)
        self._load_library()
        if self._data_dir is not None:
            self.model.set_data(self._data_dir.root, None)
            root = self._data_dir.root
            self._background.run(lambda: _size_below(root), lambda size: self.model.set_data(root, size))

    def set_library(self, name: str) -> None:
        self.model.set_library(name, LibrarySettings())
        self._load_library()

    def save(self, settings: Settings) -> None:
        if self.model.problem and not self._put_damaged_aside():
            return
        before = self.model.settings
        self.model.set_settings(settings)
        self._run(SaveSettings(settings), self._on_saved, lambda failure: self._put_back(before, failure))

    def save_library(self, settings: LibrarySettings) -> None:
        """Folders are kept as the engine has them now: somebody else may have added one meanwhile."""
        library, before = self.model.library, self.model.library_settings
        if not library:
            return
        if settings.overrides.get("chunk_tokens") != before.overrides.get("chunk_tokens"):
            self.model.set_needs_rereading(True)
        self.model.set_library(library, settings)
        self._run(LoadLibrarySettings(library), lambda now: self._save_library(library, settings, now))

    def go_back_to_defaults(self) -> None:
        """The damaged file stays beside the new one, as settings.json.damaged."""
        self.save(Settings())

    # Models

    def import_pack(self, folder: Path) -> None:
        text = tr("The model in “{folder}” was imported.", folder=folder.name)
        self._bring_in(ImportPack(folder), folder.name, text)

    def prepare_packs(self) -> None:
        """Those of Alcove's own models that are missing."""
        self._bring_in(PreparePacks(), "", tr("The models are prepared."))

    def _bring_in(self, job: Job, folder: str, text: str) -> None:
        if self._importing is not None:
            return
        self.packs.begin_import(folder)
        self._importing = self._job(job, lambda left_out: self._on_imported(text, left_out or ()))
        self._importing.event_received.connect(self._on_import_step)
        self._importing.ended.connect(self._end_import)
        self._importing.start()

    def stop_import(self) -> None:
        if self._importing is not None:
            self._importing.cancel()

    def check_pack(self, pack_id: str) -> None:
        """Compare every byte of a model with what it should be."""
        self.packs.set_check(pack_id, PackCheck())
        handle = self._job(
            VerifyPack(pack_id),
            lambda check: self.packs.set_check(pack_id, _result(check.ok, "" if check.ok else check.found)),
            lambda failure: self.packs.set_check(pack_id, _result(False, failure.message)),
        )
        handle.stopped.connect(lambda: self.packs.set_check(pack_id, None))
        handle.start()

    # The rest

    def reread(self) -> None:
        self.model.set_needs_rereading(False)
        self.reread_requested.emit(self.model.library)

    def open_data_folder(self) -> None:
        if self._data_dir is None or QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._data_dir.root))):
            return
        self.noticed.emit(Notice("warning", tr("The folder could not be opened."), str(self._data_dir.root)))

    def delete_conversations(self) -> None:
        """All conversations of the open library."""
        library = self.model.library
        if library:
            self._run(ListConversations(library), lambda found: self._delete_all(library, list(found)))

    def shutdown(self) -> None:
        self._background.shutdown()

    def _load_library(self) -> None:
        library = self.model.library
        if library:
            self._run(LoadLibrarySettings(library), lambda found: self._take_library(library, found))

    def _take_library(self, library: str, settings: LibrarySettings) -> None:
        if library == self.model.library:  # another one may have been opened meanwhile
            self.model.set_library(library, settings)

    def _save_library(self, library: str, settings: LibrarySettings, now: LibrarySettings) -> None:
        wanted = replace(settings, folders=now.folders)
        self._run(
            SaveLibrarySettings(library, wanted),
            on_failure=lambda failure: self._on_library_refused(library, now, failure),
        )

    def _on_library_refused(self, library: str, now: LibrarySettings, failure: Failed) -> None:
        self._take_library(library, now)
        self._tell(failure)

    def _on_saved(self, _: object) -> None:
        self.settings_saved.emit()
        self._run(ListPacks(), self._take_packs)

    def _put_back(self, before: Settings, failure: Failed) -> None:
        self.model.set_settings(before)
        self._tell(failure)

    def _take_settings(self, settings: Settings) -> None:
        self.model.set_problem("")
        self.model.set_settings(settings)

    def _take_damage(self, failure: Failed) -> None:
        if failure.kind != "user":
            self._tell(failure)
            return
        is_told = bool(self.model.problem)
        self.model.set_problem(tr_message(failure.message))
        if is_told:
            return
        self.noticed.emit(
            Notice(
                "error",
                tr_message(failure.message),
                tr("Until then the defaults are used. The damaged file is kept."),
                tr("Go back to the defaults"),
                self.go_back_to_defaults,
                lasting=True,
            )
        )

    def _put_damaged_aside(self) -> bool:
        """Before anything is written over it. False, and a notice, where that is not possible."""
        try:
            if self._data_dir is not None and self._data_dir.settings_file.exists():
                damaged = self._data_dir.settings_file
                damaged.replace(damaged.with_name(f"{damaged.name}.damaged"))
        except OSError as error:
            text = tr("The damaged settings file could not be put aside: {reason}", reason=error.strerror or str(error))
            self.noticed.emit(Notice("error", text))
            return False
        self.model.set_problem("")
        return True

    def _take_packs(self, packs: tuple[PackInfo, ...]) -> None:
        self.packs.set_packs(tuple(packs))

    def _on_import_step(self, step: object) -> None:
        if isinstance(step, Progress):
            self.packs.advance_import(step)

    def _on_imported(self, text: str, left_out: Sequence[str]) -> None:
        for notice in [Notice("warning", tr_message(why)) for why in left_out] or [Notice("success", text)]:
            self.noticed.emit(notice)
        self.packs_changed.emit()
        self._run(ListPacks(), self._take_packs)

    def _end_import(self) -> None:
        self._importing = None
        self.packs.end_import()

    def _delete_all(self, library: str, conversations: list[Conversation]) -> None:
        """One after the other, so that a failure stops the rest and is told once."""
        if not conversations:
            self.conversations_deleted.emit(library)
            self.noticed.emit(Notice("success", tr("All conversations of “{library}” were deleted.", library=library)))
            return
        first = conversations.pop()
        self._run(
            DeleteConversation(library, first.conversation_id), lambda _: self._delete_all(library, conversations)
        )


def _result(is_good: bool, text: Message | str) -> PackCheck:
    return PackCheck(is_running=False, is_good=is_good, text=tr_message(text))


def _size_below(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).lstat().st_size
            except OSError:  # gone since it was listed
                continue
    return total
