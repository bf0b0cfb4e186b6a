"""The window put together: its features made and placed, and everything that crosses from one to another connected."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal

from app.conversation.feature import ConversationFeature
from app.documents.feature import DocumentsFeature
from app.documents.indexing_controller import IndexingController
from app.engine.client import EngineClient
from app.engine.silence import NetworkWatch
from app.libraries.feature import LibrariesFeature
from app.libraries.libraries_controller import LibrariesController
from app.settings.feature import SettingsFeature
from app.setup.feature import SetupFeature
from app.setup.setup_controller import SetupController
from app.shell.adding_controller import AddingController
from app.shell.main_window import MainWindow
from app.shell.offers_controller import OffersController
from app.shell.pages_controller import PagesController
from app.shell.preferences import Preferences
from app.shell.shortcuts_dialog import ShortcutsDialog
from app.shell.tray import Tray
from app.source.feature import SourceFeature
from app.status.feature import StatusFeature
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
        self.window = MainWindow()
        self.libraries = LibrariesFeature(engine, self)
        self.documents = DocumentsFeature(engine, parent=self)
        self.conversation = ConversationFeature(engine, self)
        self.source = SourceFeature(engine, self)
        self.setup = SetupFeature(engine, self)
        self.settings = SettingsFeature(engine, data_dir, self.window, self)
        self.status = StatusFeature(engine, watch, self.window, self)
        self.features = (
            self.conversation,
            self.documents,
            self.libraries,
            self.source,
            self.setup,
            self.settings,
            self.status,
        )
        self.adding = AddingController(self.libraries.controller, self.documents.indexing, self)
        self.offers = OffersController(self.libraries.controller, self.conversation.questions.model, self)
        self.pages = PagesController("conversation" if preferences.library else "start", self)
        self._place_panes()
        for telling in (engine, self.adding, *self.features):
            telling.noticed.connect(self.window.notices.show_notice)
        self._connect_libraries()
        self._connect_adding()
        self._connect_conversation()
        self._connect_settings_and_status()
        self._connect_pages()
        self._connect_actions()
        self._begin(preferences)

    def _place_panes(self) -> None:
        window, status = self.window, self.status
        window.place_side(self.libraries.list, self.conversation.list)
        window.add_page("start", self.setup.page)
        window.add_page("conversation", self.conversation.page)
        window.add_page("documents", self.documents.page)
        window.place_source(self.source.pane)
        window.place_bottom(
            (self.documents.bar, status.preparation_bar),
            (status.stage_badge, status.offline_badge),
        )

    # What crosses from one feature to another

    def _connect_libraries(self) -> None:
        libraries = self.libraries.controller
        keep_in_step(libraries, self.documents.indexing)
        for follower in (
            self.documents.set_library,
            self.conversation.set_library,
            self.settings.controller.set_library,
            self.window.set_library,
        ):
            libraries.library_chosen.connect(follower)
        libraries.library_chosen.connect(self.source.controller.close)
        libraries.loaded.connect(lambda: self.pages.note_libraries(libraries.model.infos))

    def _connect_adding(self) -> None:
        take_samples(self.setup.controller, self.adding, self.documents.indexing)
        for given in (
            self.documents.page.paths_given,
            self.setup.page.paths_chosen,
            self.window.paths_dropped,
        ):
            given.connect(self.adding.add)
        self.adding.begun.connect(self.window.focus_content)
        self.adding.unfinished_changed.connect(lambda text: self.preferences_changed.emit({"unfinished": text}))
        self.window.activated.connect(self.documents.indexing.folders.window_activated)

    def _connect_conversation(self) -> None:
        conversation, source = self.conversation, self.source.controller
        conversation.page.escaped.connect(self.window.escape)
        conversation.page.view.citation_chosen.connect(source.show)
        conversation.announced.connect(self.window.announce)
        conversation.answered.connect(self.status.status.take_answer)
        conversation.questions.rebuild_wanted.connect(self.documents.indexing.rebuild)
        self.documents.page.document_opened.connect(lambda target: source.show((target,)))
        source.opened.connect(self.window.show_source)
        source.closed.connect(self.window.hide_source)
        self.window.source_closed.connect(source.close)
        self.window.stop_requested.connect(conversation.questions.stop)

    def _connect_settings_and_status(self) -> None:
        settings, status, setup = self.settings.controller, self.status.status, self.setup.controller
        settings.settings_saved.connect(status.check_soon)
        settings.packs_changed.connect(setup.look)
        settings.reread_requested.connect(self.documents.documents.reread)
        settings.conversations_deleted.connect(self.conversation.conversations.set_library)
        setup.readiness_known.connect(status.check_soon)
        setup.readiness_known.connect(self.conversation.page.set_has_models)
        status.in_effect_known.connect(settings.model.set_in_effect)
        self.settings.stages_requested.connect(self.status.show_stages)
        self.settings.proof_requested.connect(self.status.show_proof)
        self.settings.preferences_changed.connect(self.preferences_changed)

    def _connect_pages(self) -> None:
        pages = self.pages
        for given in (self.setup.page.paths_chosen, self.window.paths_dropped):
            given.connect(pages.leave_start)
        self.setup.controller.readiness_known.connect(pages.note_setup)
        self.setup.controller.samples_ready.connect(self._focus_question)
        self.conversation.list.opened.connect(pages.show_conversation)
        self.conversation.begun.connect(self._focus_question)
        self.documents.problems_shown.connect(pages.show_documents)
        pages.page_changed.connect(self.window.show_page)

    def _connect_actions(self) -> None:
        for name, slot in {
            "new_conversation": self.conversation.begin,
            "focus_question": self._focus_question,
            "search_conversations": self._search_conversations,
            "show_documents": self.pages.toggle_documents,
            "find_in_document": self._find,
            "add_files": self.setup.page.choose_files,
            "add_folder": self.setup.page.choose_folder,
            "show_settings": self.settings.show,
            "show_shortcuts": self._show_shortcuts,
        }.items():
            self.window.actions_by_name[name].triggered.connect(lambda _=False, slot=slot: slot())
        self.window.side.help_menu.about.triggered.connect(self.status.show_about)

    def _focus_question(self) -> None:
        self.pages.begin_asking()
        self.conversation.page.box.focus()

    def _search_conversations(self) -> None:
        self.window.open_side()
        self.conversation.list.focus_search()

    def _find(self) -> None:
        if self.window.source.isVisible():
            self.source.pane.open_find()

    def _show_shortcuts(self) -> None:
        ShortcutsDialog(self.window).open_once()

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
        libraries = self.libraries.controller
        if preferences.conversation_id:
            libraries.library_chosen.connect(
                lambda name: self._open_again(name, preferences), Qt.ConnectionType.SingleShotConnection
            )
        libraries.choose(preferences.library)

    def _open_again(self, library: str, preferences: Preferences) -> None:
        if library == preferences.library:
            self.conversation.conversations.open(preferences.conversation_id)

    def remembered(self, preferences: Preferences) -> Preferences:
        """As they are now, for the next start."""
        window = self.window
        return preferences.changed(
            library=self.libraries.controller.chosen or preferences.library,
            conversation_id=self.conversation.questions.model.place.conversation_id,
            geometry=window.saveGeometry().data(),
            side_width=window.side_width,
            source_width=window.source_width,
            is_side_collapsed=window.is_side_collapsed,
        )

    def shutdown(self) -> None:
        for feature in self.features:
            feature.shutdown()
        self.window.shutdown()


def keep_in_step(libraries: LibrariesController, indexing: IndexingController) -> None:
    """Fresh counts while documents are added; and what is read for a library follows its name, and ends with it."""
    indexing.library_changed.connect(libraries.refresh_soon)
    libraries.rename_begun.connect(indexing.hold_library)
    libraries.rename_failed.connect(indexing.go_on)
    libraries.library_renamed.connect(indexing.rename_library)
    libraries.library_deleted.connect(indexing.forget_library)


def take_samples(setup: SetupController, adding: AddingController, indexing: IndexingController) -> None:
    """The sample documents go the way of all documents."""
    setup.samples_wanted.connect(adding.add_to)
    adding.refused.connect(setup.note_refused)
    indexing.work_ended.connect(setup.note_work_ended)
