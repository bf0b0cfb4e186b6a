"""Who listens to whom: every controller and pane is made here, and connected. Nothing is decided here."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog

from app.conversation.conversation_list import ConversationList
from app.conversation.conversation_model import ShownTurn
from app.conversation.conversation_page import ConversationPage
from app.conversation.conversations_controller import ConversationsController
from app.conversation.questions_controller import QuestionsController
from app.documents.documents_controller import DocumentsController
from app.documents.documents_view import DocumentsView
from app.documents.indexing_bar import IndexingBar
from app.documents.indexing_controller import IndexingController
from app.documents.rereading_controller import RereadingController
from app.engine.client import EngineClient
from app.engine.silence import NetworkWatch
from app.libraries.adding_controller import AddingController
from app.libraries.libraries_controller import LibrariesController
from app.libraries.library_list import LibraryList
from app.settings.settings_controller import SettingsController
from app.settings.settings_dialog import SettingsDialog
from app.setup.first_run import FirstRun
from app.setup.setup_controller import SetupController
from app.shell.main_window import MainWindow
from app.shell.offers_controller import OffersController
from app.shell.pages_controller import PagesController
from app.shell.preferences import Preferences
from app.shell.shortcuts_dialog import ShortcutsDialog
from app.shell.tray import Tray
from app.source.source_controller import SourceController
from app.source.source_pane import SourcePane
from app.status.about_controller import AboutController
from app.status.about_dialog import AboutDialog
from app.status.offline_badge import OfflineBadge
from app.status.offline_dialog import OfflineDialog
from app.status.preparation_bar import PreparationBar
from app.status.preparation_controller import PreparationController
from app.status.stage_badge import StageBadge
from app.status.stages_dialog import StagesDialog
from app.status.status_controller import StatusController
from rag_core.paths import DataDir


class Wiring(QObject):
    """`preferences_changed` carries the values that were changed, by name."""

    preferences_changed = Signal(dict)

    def __init__(
        self,
        engine: EngineClient,
        data_dir: DataDir,
        preferences: Preferences,
        watch: NetworkWatch | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings_dialog: SettingsDialog | None = None
        self._make_controllers(engine, data_dir, preferences, watch)
        self._make_panes()
        self._place_panes()
        self._connect_notices(engine)
        self._connect_libraries()
        self._connect_conversation()
        self._connect_source()
        self._connect_documents()
        self._connect_start()
        self._connect_status()
        self._connect_actions()
        self._begin(preferences)

    # Making

    def _make_controllers(
        self, engine: EngineClient, data_dir: DataDir, preferences: Preferences, watch: NetworkWatch | None
    ) -> None:
        self.libraries = LibrariesController(engine, self)
        self.indexing = IndexingController(engine, self)
        self.documents = DocumentsController(engine, self)
        self.questions = QuestionsController(engine, parent=self)
        self.conversations = ConversationsController(engine, self.questions, self)
        self.source = SourceController(engine, self)
        self.adding = AddingController(self.libraries, self.indexing, self)
        self.rereading = RereadingController(engine, self.indexing, self)
        self.setup = SetupController(engine, self)
        self.settings = SettingsController(engine, data_dir, self)
        self.status = StatusController(engine, watch, parent=self)
        self.preparation = PreparationController(engine, self)
        self.about = AboutController(engine, self.status.stages, self)
        self.offers = OffersController(self.libraries, self.questions.model, self)
        self.pages = PagesController("conversation" if preferences.library else "start", self)
        self.controllers = (
            self.questions,
            self.conversations,
            self.indexing,
            self.documents,
            self.libraries,
            self.source,
            self.setup,
            self.settings,
            self.status,
            self.preparation,
            self.about,
        )

    def _make_panes(self) -> None:
        self.window = MainWindow()
        self.conversation = ConversationPage(self.questions.model)
        self.conversation_list = ConversationList(self.conversations.model)
        self.source_pane = SourcePane(self.source.model)
        self.first_run = FirstRun(self.setup.model)
        preparation = self.preparation.preparation
        self.preparation_bar = PreparationBar(preparation)
        self.stage_badge, self.offline_badge = StageBadge(self.status.stages, preparation), OfflineBadge()
        self.library_list = LibraryList(self.libraries.model)
        self.documents_view = DocumentsView(self.documents.model, self.indexing.folders.state)
        self.indexing_bar = IndexingBar(self.indexing.state)

    def _place_panes(self) -> None:
        window = self.window
        window.place_side(self.library_list, self.conversation_list)
        window.add_page("start", self.first_run)
        window.add_page("conversation", self.conversation)
        window.add_page("documents", self.documents_view)
        window.place_source(self.source_pane)
        window.place_bottom((self.indexing_bar, self.preparation_bar), (self.stage_badge, self.offline_badge))

    # Connecting

    def _connect_notices(self, engine: EngineClient) -> None:
        show = self.window.notices.show_notice
        engine.noticed.connect(show)
        for told in (
            self.adding.noticed,
            self.rereading.noticed,
            self.questions.noticed,
            self.conversations.noticed,
            self.indexing.noticed,
            self.documents.noticed,
            self.libraries.noticed,
            self.source.noticed,
            self.settings.noticed,
            self.setup.noticed,
            self.status.noticed,
            self.preparation.noticed,
            self.about.noticed,
        ):
            told.connect(show)

    def _connect_libraries(self) -> None:
        libraries = self.libraries
        libraries.follow(self.indexing)
        for follower in (
            self.indexing.set_library,
            self.documents.set_library,
            self.conversations.set_library,
            self.settings.set_library,
            self.window.set_library,
            self.conversation.set_library,
            self.documents_view.set_library,
            self.library_list.set_current,
        ):
            libraries.library_chosen.connect(follower)
        libraries.library_chosen.connect(self.source.close)
        listed = self.library_list
        listed.library_picked.connect(libraries.choose)
        listed.creation_requested.connect(libraries.create)
        listed.rename_requested.connect(libraries.rename)
        listed.deletion_confirmed.connect(libraries.delete)
        listed.location_requested.connect(libraries.open_location)
        libraries.name_refused.connect(listed.show_name_problem)
        libraries.name_accepted.connect(listed.close_name)
        libraries.loaded.connect(lambda: self.pages.note_libraries(libraries.model.infos))

    def _connect_conversation(self) -> None:
        page, questions, conversations = self.conversation, self.questions, self.conversations
        page.box.asked.connect(questions.ask)
        page.box.stop_asked.connect(questions.stop)
        page.box.filters_changed.connect(questions.set_filters)
        page.escaped.connect(self.window.escape)
        page.view.question_chosen.connect(questions.ask)
        page.view.retry_asked.connect(questions.retry)
        page.view.edit_asked.connect(questions.edit)
        page.view.feedback_given.connect(questions.set_feedback)
        page.view.citation_chosen.connect(self.source.show)
        questions.answer_marked.connect(self.window.announce)
        questions.answer_finished.connect(self.window.announce)
        questions.rebuild_wanted.connect(self.indexing.rebuild)
        questions.model.turn_changed.connect(self._note_turn)
        listed = self.conversation_list
        listed.opened.connect(conversations.open)
        listed.opened.connect(self.pages.show_conversation)
        listed.new_asked.connect(self._new_conversation)
        listed.delete_asked.connect(conversations.delete)
        listed.export_asked.connect(lambda number, path: conversations.export(path, number))
        listed.searched.connect(conversations.search)

    def _connect_source(self) -> None:
        self.source.attend(self.source_pane)
        self.source.opened.connect(self.window.show_source)
        self.source.closed.connect(self.window.hide_source)
        self.window.source_closed.connect(self.source.close)

    def _connect_documents(self) -> None:
        self.documents.follow(self.indexing)
        self._connect_documents_view()
        bar, indexing = self.indexing_bar, self.indexing
        bar.pause_requested.connect(indexing.pause)
        bar.resume_requested.connect(indexing.resume)
        bar.cancel_requested.connect(indexing.cancel)
        indexing.problems_shown.connect(self.pages.show_documents)
        indexing.problems_shown.connect(self.documents_view.show_failed)
        self.window.activated.connect(self.indexing.folders.window_activated)

        self.adding.begun.connect(self.window.focus_content)
        self.adding.unfinished_changed.connect(lambda text: self.preferences_changed.emit({"unfinished": text}))

    def _connect_documents_view(self) -> None:
        view, indexing, folders = self.documents_view, self.indexing, self.indexing.folders
        view.paths_dropped.connect(self.adding.add)
        view.paths_picked.connect(self.adding.add)
        view.retry_requested.connect(lambda paths: indexing.retry([Path(path) for path in paths]))
        view.reread_requested.connect(lambda paths: indexing.reread([Path(path) for path in paths]))
        view.removal_confirmed.connect(lambda paths: indexing.remove([Path(path) for path in paths]))
        view.location_requested.connect(self.documents.show_in_folder)
        view.document_opened.connect(lambda target: self.source.show((target,)))
        view.folders.sync_changed.connect(folders.set_in_sync)
        view.folders.sync_requested.connect(indexing.sync_now)
        view.folders.taking_in_requested.connect(indexing.take_in_again)
        view.folders.removal_confirmed.connect(indexing.remove_folder)

    def _connect_start(self) -> None:
        start, setup, pages = self.first_run, self.setup, self.pages
        setup.follow(self.adding, self.indexing)
        start.prepare_requested.connect(setup.prepare)
        start.prepare_cancelled.connect(setup.cancel)
        start.pack_folder_chosen.connect(setup.import_folder)
        start.samples_requested.connect(setup.try_samples)
        for paths_given in (start.paths_chosen, self.window.paths_dropped):
            paths_given.connect(self.adding.add)
            paths_given.connect(pages.leave_start)
        setup.readiness_known.connect(pages.note_setup)
        setup.readiness_known.connect(self.conversation.set_has_models)
        setup.samples_ready.connect(self._focus_question)
        pages.page_changed.connect(self.window.show_page)

    def _connect_status(self) -> None:
        self.stage_badge.clicked.connect(self._show_stages)
        self.offline_badge.clicked.connect(self._show_proof)
        self.settings.settings_saved.connect(self.status.check_soon)
        self.settings.packs_changed.connect(self.setup.look)
        self.settings.reread_requested.connect(self.rereading.reread)
        self.settings.conversations_deleted.connect(self.conversations.set_library)
        self.setup.readiness_known.connect(self.status.check_soon)
        self.status.in_effect_known.connect(self.settings.model.set_in_effect)
        self.status.checked.connect(self.preparation.look)
        self.preparation.prepared.connect(self.status.check_soon)
        self.preparation_bar.stop_requested.connect(self.preparation.stop)

    def _connect_actions(self) -> None:
        for name, slot in {
            "new_conversation": self._new_conversation,
            "focus_question": self._focus_question,
            "search_conversations": self._search_conversations,
            "show_documents": self.pages.toggle_documents,
            "find_in_document": self._find,
            "add_files": self.first_run.choose_files,
            "add_folder": self.first_run.choose_folder,
            "show_settings": self._show_settings,
            "show_shortcuts": self._show_shortcuts,
        }.items():
            self.window.actions_by_name[name].triggered.connect(lambda _=False, slot=slot: slot())
        self.window.side.help_menu.about.triggered.connect(self._show_about)
        self.window.stop_requested.connect(self.questions.stop)

    # What the actions do

    def _note_turn(self, turn: ShownTurn) -> None:
        if turn.answer is not None:
            self.status.take_answer(turn.answer)

    def _new_conversation(self) -> None:
        self.conversations.new()
        self._focus_question()

    def _focus_question(self) -> None:
        self.pages.begin_asking()
        self.conversation.box.focus()

    def _search_conversations(self) -> None:
        self.window.open_side()
        self.conversation_list.focus_search()

    def _find(self) -> None:
        if self.window.source.isVisible():
            self.source_pane.open_find()

    # Dialogs: made when they are wanted first

    def _show_settings(self) -> None:
        if self._settings_dialog is None:
            self._settings_dialog = self._make_settings_dialog()
        self._settings_dialog.open()

    def _make_settings_dialog(self) -> SettingsDialog:
        settings = self.settings
        dialog = SettingsDialog(settings.model, settings.packs, self.window)
        dialog.opened.connect(settings.refresh)
        dialog.settings_changed.connect(settings.save)
        dialog.library_settings_changed.connect(settings.save_library)
        dialog.check_requested.connect(settings.check_pack)
        dialog.import_requested.connect(settings.import_pack)
        dialog.import_stopped.connect(settings.stop_import)
        dialog.preparation_requested.connect(settings.prepare_packs)
        dialog.reread_requested.connect(settings.reread)
        dialog.folder_requested.connect(settings.open_data_folder)
        dialog.stages_requested.connect(self._show_stages)
        dialog.proof_requested.connect(self._show_proof)
        dialog.conversations_deletion_confirmed.connect(settings.delete_conversations)
        dialog.defaults_requested.connect(settings.go_back_to_defaults)
        dialog.theme_chosen.connect(lambda theme: self.preferences_changed.emit({"theme": theme}))
        dialog.language_chosen.connect(lambda code: self.preferences_changed.emit({"language": code}))
        dialog.tray_chosen.connect(lambda is_on: self.preferences_changed.emit({"is_in_tray": is_on}))
        return dialog

    def _show_stages(self) -> None:
        dialog = StagesDialog(self.status.stages, self.preparation.preparation, self.window)
        dialog.check_requested.connect(self.status.check_stages)
        dialog.retry_requested.connect(self.status.retry_devices)
        dialog.preparation_requested.connect(self.preparation.prepare)
        dialog.stop_requested.connect(self.preparation.stop)
        _open_once(dialog)

    def _show_proof(self) -> None:
        dialog = OfflineDialog(self.status.silence, self.window)
        dialog.check_requested.connect(self.status.prove_silence)
        _open_once(dialog)

    def _show_about(self) -> None:
        dialog = AboutDialog(self.about.model, self.window)
        dialog.opened.connect(self.about.load)
        dialog.part_chosen.connect(self.about.choose)
        dialog.diagnostics_requested.connect(self.about.copy_diagnostics)
        _open_once(dialog)

    def _show_shortcuts(self) -> None:
        _open_once(ShortcutsDialog(self.window))

    def make_tray(self) -> Tray:
        tray = Tray(self.window)
        tray.show_requested.connect(self.window.come_up)
        tray.ask_requested.connect(self.window.come_up)
        tray.ask_requested.connect(self._focus_question)
        return tray

    # Beginning and end

    def _begin(self, preferences: Preferences) -> None:
        self.window.remember(
            preferences.geometry, preferences.side_width, preferences.source_width, preferences.is_side_collapsed
        )
        self.window.show_page(self.pages.page)
        self.adding.resume(preferences.unfinished)
        if preferences.conversation_id:
            self.libraries.library_chosen.connect(
                lambda name: self._open_again(name, preferences), Qt.ConnectionType.SingleShotConnection
            )
        self.libraries.choose(preferences.library)

    def _open_again(self, library: str, preferences: Preferences) -> None:
        if library == preferences.library:
            self.conversations.open(preferences.conversation_id)

    def remembered(self, preferences: Preferences) -> Preferences:
        """As they are now, for the next start."""
        window = self.window
        return preferences.changed(
            library=self.libraries.chosen or preferences.library,
            conversation_id=self.questions.model.place.conversation_id,
            geometry=window.saveGeometry().data(),
            side_width=window.side_width,
            source_width=window.source_width,
            is_side_collapsed=window.is_side_collapsed,
        )

    def shutdown(self) -> None:
        for controller in self.controllers:
            controller.shutdown()
        self.window.shutdown()


def _open_once(dialog: QDialog) -> None:
    """Gone when it is closed."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
