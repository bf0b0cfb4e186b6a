"""Settings are saved as they are changed; damaged ones are kept aside; models are checked and imported."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.kit.notices import Notice
from app.settings.packs_model import PackImport
from app.settings.settings_controller import SettingsController
from rag_core.conversations.records import Conversation
from rag_core.engine.health import Check
from rag_core.host.events import Finished
from rag_core.host.jobs import (
    DeleteConversation,
    ImportPack,
    ListConversations,
    ListPacks,
    LoadLibrarySettings,
    LoadSettings,
    PreparePacks,
    SaveLibrarySettings,
    SaveSettings,
    VerifyPack,
)
from rag_core.library.records import Folder, LibrarySettings
from rag_core.messages import literal
from rag_core.paths import DataDir
from rag_core.progress import Progress
from rag_core.settings import Settings
from tests.app.fakes_engine import FakeEngine


def controller_of(engine: FakeEngine, data_dir: DataDir | None = None) -> tuple[SettingsController, list[Notice]]:
    controller = SettingsController(engine, data_dir)
    notices: list[Notice] = []
    controller.noticed.connect(notices.append)
    return controller, notices


def offers_rereading(controller: SettingsController) -> bool:
    return controller.model.needs_rereading


def import_of(controller: SettingsController) -> PackImport | None:
    return controller.packs.importing


def test_a_change_is_saved_at_once_and_taken_back_when_that_fails(qtbot: QtBot) -> None:
    engine = FakeEngine({ListPacks: ()})
    controller, notices = controller_of(engine)
    with qtbot.waitSignal(controller.settings_saved):
        controller.save(Settings(top_k=7))
        engine.finish(SaveSettings)
    controller.save(Settings(top_k=9))
    assert controller.model.settings.top_k == 9
    engine.fail(SaveSettings, "The disk is full.")
    assert controller.model.settings.top_k == 7
    assert notices[-1].text == "The disk is full."


def test_damaged_settings_are_told_once_and_kept_aside(qtbot: QtBot, tmp_path: Path) -> None:
    engine = FakeEngine({ListPacks: ()})
    controller, notices = controller_of(engine, DataDir(tmp_path))
    (tmp_path / "settings.json").write_text("{broken", encoding="utf-8")
    for _ in range(2):
        controller.load()
        engine.fail(LoadSettings, "The settings file cannot be read.")
    assert len(notices) == 1 and notices[0].action is not None
    assert controller.model.problem
    notices[0].action()
    assert (tmp_path / "settings.json.damaged").read_text(encoding="utf-8") == "{broken"
    assert engine.last(SaveSettings)[1].settings == Settings()
    assert not controller.model.problem


def test_a_change_never_overwrites_damaged_settings(tmp_path: Path) -> None:
    engine = FakeEngine()
    controller, _ = controller_of(engine, DataDir(tmp_path))
    (tmp_path / "settings.json").write_text("{broken", encoding="utf-8")
    controller.load()
    engine.fail(LoadSettings, "The settings file cannot be read.")
    controller.save(Settings(threads=2))
    assert (tmp_path / "settings.json.damaged").exists()


def test_the_settings_of_a_library_keep_folders_that_were_added_meanwhile() -> None:
    engine = FakeEngine()
    controller, _ = controller_of(engine)
    controller.set_library("Contracts")
    engine.finish(LoadLibrarySettings, LibrarySettings())
    controller.save_library(LibrarySettings({"top_k": 3}))
    added = (Folder(Path("/work")),)
    engine.finish(LoadLibrarySettings, LibrarySettings(folders=added))
    assert engine.last(SaveLibrarySettings)[1].settings == LibrarySettings({"top_k": 3}, folders=added)


def test_settings_of_a_library_that_was_left_do_not_arrive_in_the_next() -> None:
    engine = FakeEngine()
    controller, _ = controller_of(engine)
    controller.set_library("Old")
    late, _ = engine.last(LoadLibrarySettings)
    controller.set_library("New")
    engine.finish(LoadLibrarySettings, LibrarySettings({"top_k": 2}))
    late.receive(Finished(LibrarySettings({"top_k": 9})))
    assert controller.model.library == "New"
    assert controller.model.library_settings.overrides == {"top_k": 2}


def test_a_new_passage_length_offers_to_read_the_documents_again(qtbot: QtBot) -> None:
    engine = FakeEngine({LoadLibrarySettings: LibrarySettings(), SaveLibrarySettings: None})
    controller, _ = controller_of(engine)
    controller.set_library("Contracts")
    controller.save_library(LibrarySettings({"top_k": 3}))
    assert not offers_rereading(controller)
    controller.save_library(LibrarySettings({"top_k": 3, "chunk_tokens": 120}))
    assert offers_rereading(controller)
    with qtbot.waitSignal(controller.reread_requested) as asked:
        controller.reread()
    assert asked.args == ["Contracts"]


def test_a_model_is_checked_and_the_result_is_kept() -> None:
    engine = FakeEngine()
    controller, _ = controller_of(engine)
    controller.check_pack("smollm2")
    assert controller.packs.checks["smollm2"].is_running
    engine.finish(VerifyPack, Check(literal("pack"), False, literal("The file “a” of the pack “smollm2” is damaged.")))
    result = controller.packs.checks["smollm2"]
    assert not result.is_good and "damaged" in result.text


def test_an_import_shows_its_progress_and_its_end(qtbot: QtBot) -> None:
    engine = FakeEngine({ListPacks: ()})
    controller, notices = controller_of(engine)
    controller.import_pack(Path("/models/phi"))
    controller.import_pack(Path("/models/other"))
    assert len(engine.running(ImportPack)) == 1
    engine.send(ImportPack, Progress("copy", 1, 4))
    assert import_of(controller) == PackImport("phi", 0.25)
    with qtbot.waitSignal(controller.packs_changed):
        engine.finish(ImportPack)
    assert import_of(controller) is None
    assert "phi" in notices[-1].text


def test_models_that_are_missing_are_prepared(qtbot: QtBot) -> None:
    engine = FakeEngine({ListPacks: ()})
    controller, notices = controller_of(engine)
    controller.prepare_packs()
    controller.import_pack(Path("/models/other"))
    assert len(engine.running(PreparePacks)) == 1 and not engine.running(ImportPack)
    with qtbot.waitSignal(controller.packs_changed):
        engine.finish(PreparePacks, ())
    assert notices[-1].text == "The models are prepared."
    controller.prepare_packs()
    engine.finish(PreparePacks, ("The model “minilm-reader” is done without.",))
    assert notices[-1].text == "The model “minilm-reader” is done without." and len(notices) == 2


def test_a_stopped_import_leaves_nothing_behind() -> None:
    engine = FakeEngine()
    controller, notices = controller_of(engine)
    controller.import_pack(Path("/models/phi"))
    controller.stop_import()
    assert controller.packs.importing is None and not notices


def test_all_conversations_are_deleted_one_after_the_other(qtbot: QtBot) -> None:
    found = tuple(Conversation(number, f"Title {number}", 1, 0, 0) for number in range(3))
    engine = FakeEngine({LoadLibrarySettings: LibrarySettings(), ListConversations: found})
    controller, _ = controller_of(engine)
    controller.set_library("Contracts")
    with qtbot.waitSignal(controller.conversations_deleted):
        controller.delete_conversations()
        for _ in found:
            assert len(engine.running(DeleteConversation)) == 1
            engine.finish(DeleteConversation)


def test_the_size_of_the_data_folder_is_measured(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "model").write_bytes(b"x" * 5000)
    engine = FakeEngine({LoadSettings: Settings(), ListPacks: ()})
    controller, _ = controller_of(engine, DataDir(tmp_path))
    controller.refresh()
    qtbot.waitUntil(lambda: controller.model.data_bytes == 5000)
    controller.shutdown()
