"""Adding documents: one after another, told in plain words, resumable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.documents.add_summary import summary_of
from app.documents.documents_controller import DocumentsController
from app.documents.folder_watch import FolderWatch
from app.documents.folders_panel import FoldersPanel
from app.documents.indexing_bar import IndexingBar, sentence, time_text
from app.documents.indexing_controller import IndexingController
from app.documents.indexing_model import IndexingStatus
from app.kit.notices import Notice
from app.kit.time_left import TimeLeft
from rag_core.host.events import DocumentsListed, Failed
from rag_core.host.jobs import (
    AddPaths,
    ListDocuments,
    ListLibraries,
    LoadLibrarySettings,
    RemovePaths,
    SaveLibrarySettings,
)
from rag_core.library.records import LEFT_OUT, Folder, LibraryInfo, LibrarySettings
from rag_core.messages import NOTHING, literal
from rag_core.progress import Progress
from rag_core.types import AddReport, Document, FileProblem, FilesQueued
from tests.app.fakes_engine import FakeEngine


class QuietWatch(FolderWatch):
    """Looks at nothing: the test says what it would have seen. Every path without an ending is a folder."""

    given: Sequence[Path] = ()

    def set_folders(self, folders: Sequence[Path]) -> None:
        self.given = tuple(folders)

    def find_folders(self, paths: Sequence[Path], found: Callable[[tuple[Path, ...]], object]) -> None:
        found(tuple(path for path in paths if not path.suffix))


class Desk(QObject):
    ticked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.settings = LibrarySettings({"top_k": 7})
        self.engine = FakeEngine({LoadLibrarySettings: self.settings, SaveLibrarySettings: None})
        self.watch = QuietWatch()
        self.indexing = IndexingController(self.engine, watch=self.watch, clock=lambda: self.now_s)
        self.notices: list[Notice] = []
        self.indexing.noticed.connect(self.notices.append)
        self.indexing.set_library("work")

    def paths(self) -> tuple[Path, ...]:
        return self.engine.last(AddPaths)[1].paths

    def saved(self) -> LibrarySettings:
        return self.engine.last(SaveLibrarySettings)[1].settings

    def view(self) -> IndexingStatus:
        assert self.indexing.model.status is not None
        return self.indexing.model.status


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk()
    yield made
    made.indexing.shutdown()


def test_one_after_another_and_the_rest_visibly_waits(desk: Desk) -> None:
    desk.indexing.add([Path("/a.pdf")])
    desk.indexing.add([Path("/b.pdf")])
    desk.indexing.add([Path("/b.pdf")])
    assert len(desk.engine.running(AddPaths)) == 1
    assert "1 more is waiting" in sentence(desk.view())
    desk.engine.finish(AddPaths, AddReport(added=1))
    assert desk.paths() == (Path("/b.pdf"),)
    desk.engine.finish(AddPaths, AddReport(added=1))
    assert desk.indexing.model.status is None
    assert [notice.text for notice in desk.notices] == ["1 document was added."] * 2


def test_an_added_folder_is_remembered_beside_the_other_settings(desk: Desk) -> None:
    desk.indexing.add([Path("/work/papers"), Path("/work/single.pdf")])
    assert desk.saved() == LibrarySettings({"top_k": 7}, folders=(Folder(Path("/work/papers"), in_sync=True),))
    assert list(desk.watch.given) == [Path("/work/papers")]
    desk.indexing.folders.set_in_sync(Path("/work/papers"), False)
    assert list(desk.watch.given) == []


def test_what_was_removed_is_counted_and_can_be_taken_in_again(desk: Desk, qtbot: QtBot) -> None:
    followed = LibrarySettings(folders=(Folder(Path("/work/papers")), Folder(Path("/work/papers-old"))))
    desk.engine.answers[LoadLibrarySettings] = followed
    desk.indexing.set_library("work")
    panel = FoldersPanel(desk.indexing.folders.model)
    qtbot.addWidget(panel)
    panel.taking_in_requested.connect(desk.indexing.take_in_again)
    assert not panel.rows[0].take_in_button.isVisibleTo(panel)

    gone = (Path("/work/papers/a.pdf"), Path("/work/papers/b.pdf"))
    desk.indexing.remove(gone)
    desk.engine.answers[LoadLibrarySettings] = replace(followed, left_out=gone)
    desk.engine.finish(RemovePaths, tuple(map(str, gone)))
    assert panel.rows[0].facts.whole_text == "0 documents, 2 files left out"
    assert not panel.rows[1].take_in_button.isVisibleTo(panel)

    panel.rows[0].take_in_button.click()
    assert desk.paths() == gone
    desk.engine.answers[LoadLibrarySettings] = followed
    desk.engine.finish(AddPaths, AddReport(added=2))
    assert panel.rows[0].facts.whole_text == "0 documents"
    assert not panel.rows[0].take_in_button.isVisibleTo(panel)


def test_what_was_removed_earlier_is_told_when_its_folder_is_added(desk: Desk) -> None:
    desk.indexing.add([Path("/work/papers")])
    desk.engine.finish(AddPaths, AddReport(unchanged=3, skipped=(FileProblem("/work/papers/a.pdf", LEFT_OUT),)))
    assert desk.notices[-1].advice == "Left out: 1 that you removed earlier."


def test_a_followed_folder_is_quiet_unless_something_changed(desk: Desk) -> None:
    for report, told in (
        (AddReport(unchanged=90, skipped=(FileProblem("/x.zip", literal("")),)), 0),
        (AddReport(removed=1), 1),
    ):
        desk.indexing.folders.folder_changed.emit("work", Path("/work/papers"))
        desk.engine.finish(AddPaths, report)
        assert len(desk.notices) == told


def test_what_was_left_unfinished_goes_on_by_itself(desk: Desk) -> None:
    desk.engine.finish(ListLibraries, (LibraryInfo("work", Path("/l"), 3, pending=40, state="unfinished"),))
    assert desk.paths() == ()
    desk.engine.finish(AddPaths, AddReport())
    assert desk.notices == []


def test_losing_the_engine_offers_to_go_on(desk: Desk) -> None:
    desk.indexing.add([Path("/a.pdf")])
    desk.indexing.add([Path("/b.pdf")])
    desk.engine.send(AddPaths, Failed("engine_lost", literal("The engine stopped.")))
    assert not desk.engine.running(AddPaths)
    notice = desk.notices[-1]
    assert notice.action_label == "Go on" and notice.action is not None
    notice.action()
    assert desk.paths() == (Path("/a.pdf"),)
    desk.engine.finish(AddPaths, AddReport(added=1))
    assert desk.paths() == (Path("/b.pdf"),)


def test_vectors_of_another_model_offer_a_rebuild_first(desk: Desk) -> None:
    desk.indexing.add([Path("/a.pdf")])
    desk.indexing.add([Path("/b.pdf")])
    desk.engine.send(AddPaths, Failed("mismatch", literal("The library was made with another model.")))
    action = desk.notices[-1].action
    assert action is not None
    action()
    assert desk.engine.last(AddPaths)[1].rebuild
    desk.engine.finish(AddPaths, AddReport())
    assert desk.paths() == (Path("/b.pdf"),)


def test_cancel_stops_all_of_it_and_says_what_stays(desk: Desk, qtbot: QtBot) -> None:
    desk.indexing.add([Path("/a.pdf")])
    desk.indexing.add([Path("/b.pdf")])
    with qtbot.waitSignal(desk.indexing.work_ended):
        desk.indexing.cancel()
    assert not desk.engine.running(AddPaths) and desk.indexing.model.status is None
    assert "stays in the library" in desk.notices[-1].text


def test_a_library_deleted_in_the_middle_goes_silently(desk: Desk) -> None:
    desk.indexing.add([Path("/a.pdf")])
    desk.indexing.add([Path("/b.pdf")])
    desk.indexing.forget_library("work")
    desk.engine.fail(AddPaths, "There is no such library.")
    assert desk.notices == [] and not desk.engine.running(AddPaths) and desk.indexing.model.status is None


def test_work_for_another_library_goes_on_under_its_name(desk: Desk) -> None:
    steps: list[tuple[str, object]] = []
    desk.indexing.payload_received.connect(lambda library, payload: steps.append((library, payload)))
    desk.indexing.add([Path("/a.pdf")])
    desk.indexing.set_library("letters")
    desk.engine.send(AddPaths, FilesQueued(("/a.pdf",)), Progress("read", 1, 4, "files", "a.pdf"))
    assert steps == [("work", FilesQueued(("/a.pdf",)))]
    assert sentence(desk.view()) == "Reading 1 of 4 · a.pdf · in “work”"
    desk.indexing.rename_library("work", "papers")
    desk.engine.send(AddPaths, Progress("embed", 1, 4))
    assert "papers" in sentence(desk.view())


def test_removing_a_folder_forgets_it_even_when_nothing_in_it_was_read(desk: Desk) -> None:
    desk.indexing.add([Path("/work/papers")])
    desk.engine.answers[LoadLibrarySettings] = desk.saved()
    desk.indexing.remove_folder(Path("/work/papers"))
    assert desk.saved().folders == () and not desk.engine.running(RemovePaths)
    desk.engine.answers[LoadLibrarySettings] = LibrarySettings(folders=(Folder(Path("/work/papers")),))
    desk.indexing.set_library("work")
    desk.indexing.folders.set_counts({Path("/work/papers"): 3})
    desk.indexing.remove_folder(Path("/work/papers"))
    assert desk.engine.last(RemovePaths)[1].paths == (Path("/work/papers"),)


def test_the_bar_pauses_goes_on_and_hides_when_idle(desk: Desk, qtbot: QtBot) -> None:
    bar = IndexingBar(desk.indexing.model)
    qtbot.addWidget(bar)
    bar.pause_requested.connect(desk.indexing.pause)
    bar.resume_requested.connect(desk.indexing.resume)
    assert bar.isHidden()
    desk.indexing.add([Path("/a.pdf")])
    desk.engine.send(AddPaths, Progress("read", 3, 9, "files", "a.pdf"))
    qtbot.waitUntil(lambda: bar.progress.maximum() == 9)
    QTest.mouseClick(bar.pause_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bar.text.whole_text == "Paused at 3 of 9")
    assert [handle.is_paused for handle in desk.engine.running(AddPaths)] == [True]
    QTest.mouseClick(bar.pause_button, Qt.MouseButton.LeftButton)
    assert [handle.is_paused for handle in desk.engine.running(AddPaths)] == [False]
    desk.engine.finish(AddPaths, AddReport(added=1))
    assert bar.isHidden()


def test_the_report_is_told_in_plain_words() -> None:
    skipped = [FileProblem(f"/a/{number}.png", NOTHING) for number in range(12)] + [FileProblem("/a/b.zip", NOTHING)]
    report = AddReport(
        added=15, failed=(FileProblem("/a/bad.pdf", literal("It has a password.")),) * 3, skipped=tuple(skipped)
    )
    notice = summary_of(report, quiet=False, show_problems=lambda: None)
    assert notice is not None
    assert notice.text == "12 documents were added. 3 files could not be read."
    assert notice.advice == "Left out: 12 pictures, 1 archive (unpack it, then add what is inside)."
    assert (notice.level, notice.action_label) == ("warning", "Show them")
    assert "It has a password." in notice.details
    only_pictures = summary_of(AddReport(skipped=tuple(skipped[:2])), quiet=False, show_problems=lambda: None)
    assert only_pictures is not None and "nothing in it that Alcove can read" in only_pictures.text


def test_time_left_waits_for_trust_and_does_not_jump() -> None:
    clock = TimeLeft()
    assert clock.note("read", 0, 1000, 0.0) is None
    assert clock.note("read", 5, 1000, 2.0) is None
    shown = [clock.note("read", 5 * second // 2, 1000, float(second)) for second in range(10, 200)]
    assert shown[0] is not None
    values = [value for value in shown if value is not None]
    assert len(values) == len(shown)
    assert all(after <= before + 1 for before, after in pairwise(values))
    assert abs(values[-1] - (1000 - 497) / 2.5) < 30
    assert clock.note("embed", 0, 500, 201.0) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (20.0, "less than a minute left"), (250.0, "about 4 minutes left"), (7200.0, "about 2 hours left")],
)
def test_time_left_is_said_coarsely(seconds: float | None, text: str) -> None:
    assert time_text(IndexingStatus("embed", 1, 9, seconds_left=seconds)) == text


def test_a_library_that_is_renamed_while_it_is_read_goes_on_under_its_new_name(desk: Desk) -> None:
    desk.indexing.add([Path("a.pdf")])
    desk.indexing.add([Path("b.pdf")])
    desk.indexing.hold_library("work")
    reading, _ = desk.engine.last(AddPaths)
    reading.cancel()  # as the engine does before the folder moves
    assert desk.engine.last(AddPaths)[0] is reading, "the old name would be made again"
    desk.indexing.rename_library("work", "archive")
    assert desk.engine.last(AddPaths)[1] == AddPaths("archive", (Path("a.pdf"),))
    desk.engine.finish(AddPaths, AddReport(added=1))
    assert desk.engine.last(AddPaths)[1] == AddPaths("archive", (Path("b.pdf"),))
    assert not any("Stopped" in notice.text for notice in desk.notices)


def test_a_library_that_cannot_be_renamed_is_read_on(desk: Desk) -> None:
    desk.indexing.add([Path("a.pdf")])
    desk.indexing.hold_library("work")
    desk.engine.last(AddPaths)[0].cancel()
    desk.indexing.go_on("work")
    assert desk.engine.last(AddPaths)[1] == AddPaths("work", (Path("a.pdf"),))
    assert len(desk.engine.running(AddPaths)) == 1


def test_after_a_lost_engine_one_word_lets_every_library_go_on(desk: Desk) -> None:
    desk.indexing.add([Path("a.pdf")])
    desk.indexing.set_library("home")
    desk.indexing.add([Path("b.pdf")])
    for handle in desk.engine.running(AddPaths):
        handle.receive(Failed("engine_lost", literal("It stopped.")))
    assert not desk.engine.running(AddPaths)
    action = desk.notices[-1].action
    assert action is not None
    action()
    jobs = [handle.job for handle in desk.engine.running(AddPaths)]
    assert {job.library for job in jobs if isinstance(job, AddPaths)} == {"work", "home"}


def test_all_documents_of_the_library_on_the_screen_are_read_again(desk: Desk) -> None:
    documents = DocumentsController(desk.engine, desk.indexing)
    for library in ("work", "home"):
        documents.reread(library)
        for name in ("a.pdf", "b.pdf"):
            found = Document(name, f"/work/{name}", "application/pdf", "", 1, 1, 1, 1, "searchable")
            desk.engine.send(ListDocuments, DocumentsListed((found,)))
        desk.engine.finish(ListDocuments, 2)
    (job,) = (handle.job for handle in desk.engine.started if isinstance(handle.job, AddPaths))
    assert job == AddPaths("work", (Path("/work/a.pdf"), Path("/work/b.pdf")), reread=True)
