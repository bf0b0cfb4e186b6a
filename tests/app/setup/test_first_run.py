"""The first start: models, samples, and which page stands in the middle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.documents.indexing_controller import IndexingController
from app.kit.notices import Notice
from app.libraries.libraries_controller import LibrariesController
from app.setup.setup_controller import SAMPLE_LIBRARY, SetupController, sample_documents, sample_questions
from app.setup.start_page import StartPage
from app.shell.adding_controller import AddingController
from app.shell.pages_controller import PagesController
from app.shell.wiring import keep_in_step, take_samples
from rag_core.host.events import Failed, PackInfo
from rag_core.host.jobs import AddPaths, CreateLibrary, ImportPack, ListLibraries, ListPacks, PreparePacks
from rag_core.library.records import LibraryInfo
from rag_core.messages import literal
from rag_core.paths import SAMPLES
from rag_core.progress import Progress
from rag_core.types import AddReport
from tests.app.fakes_engine import FakeEngine


def _pack(role: str, problem: str = "") -> PackInfo:
    return PackInfo(role, role, role, "Apache-2.0", "1", 1, "/packs", True, literal(problem))


BOTH = (_pack("embedder"), _pack("llm"))


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def setup(engine: FakeEngine) -> Iterator[SetupController]:
    made = SetupController(engine)
    yield made
    made.shutdown()


@pytest.fixture
def page(setup: SetupController, qtbot: QtBot) -> StartPage:
    made = StartPage(setup.model)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


def test_with_both_models_the_person_can_begin(engine: FakeEngine, setup: SetupController, page: StartPage) -> None:
    engine.engine_ready.emit()
    assert not page.add_card.isEnabled()
    engine.finish(ListPacks, BOTH)
    assert page.add_card.isEnabled() and page.samples_card.isEnabled() and not page.setup_card.isVisible()


@pytest.mark.parametrize("packs", [(), (_pack("llm"),), (_pack("llm"), _pack("embedder", "its manifest is damaged"))])
def test_what_is_missing_is_offered_not_fetched(
    packs: tuple[PackInfo, ...], engine: FakeEngine, setup: SetupController, page: StartPage
) -> None:
    setup.look()
    engine.finish(ListPacks, packs)
    assert page.setup_card.prepare.isVisible() and page.setup_card.import_folder.isVisible()
    assert not engine.running(PreparePacks) and not page.add_card.isEnabled()


def test_preparing_shows_how_far_it_is_and_ends_ready(
    engine: FakeEngine, setup: SetupController, page: StartPage, qtbot: QtBot
) -> None:
    setup.look()
    engine.finish(ListPacks, ())
    setup.prepare()
    setup.prepare()
    assert len(engine.running(PreparePacks)) == 1
    engine.send(PreparePacks, Progress("Downloading", 42_000_000, 84_000_000, "bytes"))
    assert page.setup_card.bar.value() == page.setup_card.bar.maximum() // 2
    assert setup.model.step.text == "42 of 84 MB downloaded"
    engine.send(PreparePacks, Progress("compile", 3, 12, "graphs", "all-minilm"))
    assert setup.model.step.text == "Preparing the models for the NPU… 3 of 12"
    engine.finish(PreparePacks, ())
    with qtbot.waitSignal(setup.readiness_known) as known:
        engine.finish(ListPacks, BOTH)
    assert known.args == [True] and setup.model.state == "ready"


def test_what_could_not_be_prepared_and_is_done_without_is_told(engine: FakeEngine, setup: SetupController) -> None:
    told: list[Notice] = []
    setup.noticed.connect(told.append)
    setup.prepare()
    engine.finish(PreparePacks, ("The model “minilm-reader” is done without.",))
    engine.finish(ListPacks, BOTH)
    assert [notice.text for notice in told] == ["The model “minilm-reader” is done without."]
    assert setup.model.state == "ready"


def test_cancelled_preparing_can_be_begun_again(engine: FakeEngine, setup: SetupController, page: StartPage) -> None:
    setup.prepare()
    setup.cancel()
    engine.finish(ListPacks, ())
    assert setup.model.state == "missing"
    setup.prepare()
    assert len(engine.running(PreparePacks)) == 1


def test_a_failure_says_why_and_can_be_tried_again(engine: FakeEngine, setup: SetupController, page: StartPage) -> None:
    setup.prepare()
    engine.fail(PreparePacks, "It could not be downloaded.", "Check the network.")
    assert setup.model.state == "failed" and page.setup_card.prepare.text() == "Try again"
    setup.import_folder(Path("/media/models"))
    assert engine.last(ImportPack)[1].folder == Path("/media/models")


def test_an_engine_that_is_lost_while_preparing_is_looked_at_again(engine: FakeEngine, setup: SetupController) -> None:
    setup.prepare()
    engine.send(PreparePacks, Failed("engine_lost", literal("It stopped.")))
    engine.engine_ready.emit()
    engine.finish(ListPacks, ())
    assert setup.model.state == "missing"


# The sample documents


@pytest.fixture
def libraries(engine: FakeEngine) -> Iterator[LibrariesController]:
    made = LibrariesController(engine)
    yield made
    made.shutdown()


@pytest.fixture
def indexing(engine: FakeEngine, libraries: LibrariesController) -> Iterator[IndexingController]:
    made = IndexingController(engine)
    keep_in_step(libraries, made)
    libraries.library_chosen.connect(made.set_library)
    yield made
    made.shutdown()


def test_the_samples_become_a_library_that_can_be_asked(
    engine: FakeEngine,
    setup: SetupController,
    libraries: LibrariesController,
    indexing: IndexingController,
    qtbot: QtBot,
) -> None:
    take_samples(setup, AddingController(libraries, indexing, setup), indexing)
    libraries.refresh()
    engine.finish(ListLibraries, ())
    setup.try_samples()
    engine.finish(CreateLibrary, LibraryInfo(SAMPLE_LIBRARY, Path("/data/Samples")))
    qtbot.waitUntil(lambda: bool(engine.running(AddPaths)))
    _, adding = engine.last(AddPaths)
    assert adding.library == SAMPLE_LIBRARY and set(adding.paths) == set(sample_documents())
    with qtbot.waitSignal(setup.samples_ready) as ready:
        engine.finish(AddPaths, AddReport(added=6))
    assert ready.args == [SAMPLE_LIBRARY]


def test_samples_that_cannot_be_made_can_be_tried_again(
    engine: FakeEngine, setup: SetupController, libraries: LibrariesController, indexing: IndexingController
) -> None:
    take_samples(setup, AddingController(libraries, indexing, setup), indexing)
    libraries.refresh()
    engine.finish(ListLibraries, ())
    setup.try_samples()
    engine.fail(CreateLibrary)
    assert setup.model.samples == ""


def test_the_sample_documents_and_questions_ship_with_the_program() -> None:
    assert len(sample_documents()) == 6 and all(path.parent == SAMPLES for path in sample_documents())
    assert len(sample_questions()) == 3 and all(question.endswith("?") for question in sample_questions())


def test_the_first_files_of_all_get_a_library_even_when_they_come_before_the_list(
    engine: FakeEngine, libraries: LibrariesController, indexing: IndexingController, tmp_path: Path, qtbot: QtBot
) -> None:
    adding = AddingController(libraries, indexing)
    adding.add([tmp_path / "a.pdf"])
    assert engine.started == []
    libraries.refresh()
    engine.finish(ListLibraries, ())
    qtbot.waitUntil(lambda: bool(engine.running(CreateLibrary)))
    engine.finish(CreateLibrary, LibraryInfo("My documents", tmp_path))
    qtbot.waitUntil(lambda: bool(engine.running(AddPaths)))
    assert engine.last(AddPaths)[1] == AddPaths("My documents", (tmp_path / "a.pdf",))


def test_what_is_dropped_while_the_first_library_is_made_is_added_too(
    engine: FakeEngine, libraries: LibrariesController, indexing: IndexingController, tmp_path: Path, qtbot: QtBot
) -> None:
    adding = AddingController(libraries, indexing)
    libraries.refresh()
    engine.finish(ListLibraries, ())
    adding.add([tmp_path / "a.pdf"])
    adding.add([tmp_path / "b.pdf"])
    assert len(engine.running(CreateLibrary)) == 1
    engine.finish(CreateLibrary, LibraryInfo("My documents", tmp_path))
    qtbot.waitUntil(lambda: bool(engine.running(AddPaths)))
    engine.finish(AddPaths, AddReport(added=1))
    qtbot.waitUntil(lambda: bool(engine.running(AddPaths)))
    added = [handle.job.paths for handle in engine.started if isinstance(handle.job, AddPaths)]
    assert added == [(tmp_path / "a.pdf",), (tmp_path / "b.pdf",)]


# Which page


def _library(documents: int) -> LibraryInfo:
    return LibraryInfo("Contracts", Path("/data/Contracts"), documents=documents)


def test_the_start_page_stands_until_there_is_something_to_ask() -> None:
    pages = PagesController()
    shown: list[str] = []
    pages.page_changed.connect(shown.append)
    pages.note_setup(True)
    pages.note_libraries((_library(0),))
    assert shown == []
    pages.note_libraries((_library(3),))
    assert shown == ["conversation"]


def test_a_person_who_has_documents_never_sees_the_start_page_flash() -> None:
    pages = PagesController("conversation")
    pages.note_libraries((_library(3),))
    pages.note_setup(True)
    assert pages.page == "conversation"


def test_what_the_person_chose_stays() -> None:
    pages = PagesController()
    shown: list[str] = []
    pages.page_changed.connect(shown.append)
    pages.toggle_documents()
    pages.note_setup(True)
    pages.note_libraries((_library(3),))
    pages.toggle_documents()
    assert shown == ["documents", "conversation"]


def test_without_models_a_new_question_leads_to_where_they_are_prepared() -> None:
    pages = PagesController("conversation")
    shown: list[str] = []
    pages.page_changed.connect(shown.append)
    pages.show_conversation()
    pages.note_setup(False)
    assert shown == []  # what was answered before can still be read
    pages.begin_asking()
    assert shown == ["start"]


# Closed in the middle


def test_files_that_were_not_read_yet_are_read_after_the_next_start(
    engine: FakeEngine, libraries: LibrariesController, indexing: IndexingController, tmp_path: Path, qtbot: QtBot
) -> None:
    library = LibraryInfo("Contracts", tmp_path, documents=1)
    first = AddingController(libraries, indexing)
    kept: list[str] = []
    first.unfinished_changed.connect(kept.append)
    libraries.choose("Contracts")
    libraries.refresh()
    engine.finish(ListLibraries, (library,))
    first.add([tmp_path / "a.pdf"])
    qtbot.waitUntil(lambda: bool(engine.running(AddPaths)))

    other_engine = FakeEngine({ListLibraries: (library,)})
    libraries_again, indexing_again = LibrariesController(other_engine), IndexingController(other_engine)
    libraries_again.library_chosen.connect(indexing_again.set_library)
    second = AddingController(libraries_again, indexing_again)
    second.resume(kept[-1])
    second.unfinished_changed.connect(kept.append)
    libraries_again.choose("Contracts")
    libraries_again.refresh()
    qtbot.waitUntil(lambda: bool(other_engine.running(AddPaths)))
    assert other_engine.last(AddPaths)[1].paths == (tmp_path / "a.pdf",)
    other_engine.finish(AddPaths, AddReport(added=1))
    assert kept[-1] == "{}"
    libraries_again.shutdown()
    indexing_again.shutdown()


def test_files_that_wait_for_a_lost_engine_are_read_after_the_next_start(
    engine: FakeEngine, libraries: LibrariesController, indexing: IndexingController, tmp_path: Path, qtbot: QtBot
) -> None:
    adding = AddingController(libraries, indexing)
    kept: list[str] = []
    adding.unfinished_changed.connect(kept.append)
    libraries.choose("Contracts")
    libraries.refresh()
    engine.finish(ListLibraries, (LibraryInfo("Contracts", tmp_path),))
    adding.add([tmp_path / "a.pdf"])
    qtbot.waitUntil(lambda: bool(engine.running(AddPaths)))
    engine.send(AddPaths, Failed("engine_lost", literal("It stopped.")))
    assert json.loads(kept[-1]) == {"Contracts": [str(tmp_path / "a.pdf")]}
    libraries.library_renamed.emit("Contracts", "Leases")
    assert json.loads(kept[-1]) == {"Leases": [str(tmp_path / "a.pdf")]}
    libraries.library_deleted.emit("Leases")
    assert kept[-1] == "{}"


@pytest.mark.parametrize("damaged", ["", "{", "[1]", '{"Contracts": []}', '{"Contracts": 5}', '{"Contracts": [null]}'])
def test_a_damaged_memory_of_unfinished_files_is_ignored(
    damaged: str, libraries: LibrariesController, indexing: IndexingController, engine: FakeEngine
) -> None:
    AddingController(libraries, indexing).resume(damaged)
    libraries.choose("Contracts")
    libraries.refresh()
    engine.finish(ListLibraries, (LibraryInfo("Contracts", Path("/data")),))
    assert not engine.running(AddPaths)
