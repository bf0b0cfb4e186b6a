"""The engine as the window meets it: jobs in, events out, with fake models and real files."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rag_core.engine import Engine
from rag_core.errors import Cancelled
from rag_core.host import jobs
from rag_core.host.events import DocumentsListed, Finished, Stopped
from rag_core.library.records import LibraryInfo, LibrarySettings
from rag_core.paths import DataDir
from rag_core.progress import CancelToken, Progress
from rag_core.settings import Settings
from rag_core.types import (
    AddReport,
    Answer,
    Document,
    DocumentsSearchable,
    FilesQueued,
    FloatArray,
    Quote,
    SearchResult,
    TextStreamed,
)
from tests.fakes_encoder import FakeEncoder
from tests.fakes_generator import FakeGenerator
from tests.fakes_models import FakeModels
from tests.host.talk import PATIENCE_S, host

QUESTION = jobs.AskQuestion("office", "How many days of annual leave?")
LAX = LibrarySettings({"relevance_threshold": 0.0001})


@dataclass
class Gate:
    """Lets one through at a time: `arrived` when someone waits, who goes on after `open`."""

    arrived: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def pass_through(self) -> None:
        self.arrived.set()
        assert self.opened.wait(PATIENCE_S)

    def wait(self) -> None:
        assert self.arrived.wait(PATIENCE_S)


class GatedEncoder(FakeEncoder):
    """Stops at the gate before it embeds several passages: indexing, not a question."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate()

    def encode_passages(self, texts: Sequence[str]) -> FloatArray:
        if len(texts) > 4:
            self.gate.pass_through()
        return super().encode_passages(texts)


class EndlessGenerator(FakeGenerator):
    """Writes until it is stopped."""

    def _stream(self, answer: list[str], max_new_tokens: int, cancel: CancelToken) -> Iterator[str]:
        while not cancel.cancelled:
            yield "again "
        raise Cancelled


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "handbook.md").write_text("# Leave\n\nEvery member of staff has 25 days of annual leave.\n")
    for number in range(6):
        (folder / f"{number}.txt").write_text(f"Document number {number} speaks of the harbour.")
    return folder


def test_a_folder_is_added_step_by_step_and_a_question_is_answered(tmp_path: Path, folder: Path) -> None:
    with host(tmp_path / "data") as talk:
        adding = talk.start(jobs.AddPaths("office", (folder,)))
        report = talk.value(adding)
        assert isinstance(report, AddReport) and report.added == 7
        paths = {str(path) for path in folder.iterdir()}
        assert {path for piece in talk.of(adding, FilesQueued) for path in piece.paths} == paths
        done = {event.path: event for event in talk.of(adding, Document)}
        assert set(done) == paths
        searchable = {id_ for event in talk.of(adding, DocumentsSearchable) for id_ in event.document_ids}
        assert searchable == {document.document_id for document in done.values()}

        talk.do(jobs.SaveLibrarySettings("office", LAX))
        asking = talk.start(QUESTION)
        answer = talk.value(asking)
        assert isinstance(answer, Answer) and "25 days" in answer.text
        kinds = [type(event.payload) for event in talk.events if event.job_id == asking]
        assert kinds[:2] == [SearchResult, Quote] and kinds[-2:] == [Answer, Finished]
        assert "".join(event.text for event in talk.of(asking, TextStreamed)) == answer.text

        listing = talk.start(jobs.ListDocuments("office"))
        assert talk.value(listing) == 7
        listed = [document for piece in talk.of(listing, DocumentsListed) for document in piece.documents]
        assert {document.path for document in listed} == paths
        assert {document.state for document in listed} == {"searchable"}


def test_a_question_comes_between_two_steps_of_indexing(tmp_path: Path, folder: Path) -> None:
    encoder = GatedEncoder()
    with host(tmp_path / "data", FakeModels(encoder)) as talk:
        adding = talk.start(jobs.AddPaths("office", (folder,)))
        encoder.gate.wait()
        asking = talk.start(QUESTION)
        talk.settle()
        encoder.gate.opened.set()
        talk.value(adding)
        order = [event.job_id for event in talk.events if isinstance(event.payload, Finished)]
        assert order.index(asking) < order.index(adding)


def test_indexing_pauses_questions_do_not_and_it_goes_on(tmp_path: Path, folder: Path) -> None:
    encoder = GatedEncoder()
    with host(tmp_path / "data", FakeModels(encoder)) as talk:
        adding = talk.start(jobs.AddPaths("office", (folder,)))
        encoder.gate.wait()
        talk.pause(adding)
        talk.settle()
        encoder.gate.opened.set()
        assert isinstance(talk.do(QUESTION), Answer)
        talk.do(jobs.CheckNpu())  # of a lower priority than adding
        assert talk.of(adding, Finished) == []
        talk.pause(adding, paused=False)
        assert isinstance(talk.value(adding), AddReport)


def test_an_answer_that_is_being_written_stops_at_once(tmp_path: Path, folder: Path) -> None:
    models = FakeModels(generator=EndlessGenerator(context_tokens=10**10), max_new_tokens=10**9)
    with host(tmp_path / "data", models) as talk:
        talk.do(jobs.AddPaths("office", (folder,)))
        talk.do(jobs.SaveLibrarySettings("office", LAX))
        asking = talk.start(QUESTION)
        talk.until(lambda: talk.of(asking, TextStreamed))
        talk.cancel(asking)
        assert talk.ending(asking) == Stopped()


def test_a_library_can_be_deleted_while_it_is_being_indexed(tmp_path: Path, folder: Path) -> None:
    encoder = GatedEncoder()
    with host(tmp_path / "data", FakeModels(encoder)) as talk:
        adding = talk.start(jobs.AddPaths("office", (folder,)))
        encoder.gate.wait()
        talk.do(jobs.CreateConversation("office", "Leave"))
        assert talk.do(jobs.ListDocuments("office")) == 7
        deleting = talk.start(jobs.DeleteLibrary("office"))
        talk.settle()
        encoder.gate.opened.set()
        assert talk.value(deleting) is None
        assert talk.ending(adding) == Stopped()
        assert talk.do(jobs.ListLibraries()) == ()
        assert "no library" in str(talk.failure(talk.start(jobs.ListDocuments("office"))).message)
        assert not (tmp_path / "data" / "libraries" / "office").exists()


def test_a_renamed_library_keeps_documents_and_conversations(tmp_path: Path, folder: Path) -> None:
    with host(tmp_path / "data") as talk:
        talk.do(jobs.AddPaths("office", (folder,)))
        talk.do(jobs.CreateConversation("office", "Leave"))
        talk.do(QUESTION)
        info = talk.do(jobs.RenameLibrary("office", "bureau"))
        assert isinstance(info, LibraryInfo) and (info.name, info.documents) == ("bureau", 7)
        assert talk.do(jobs.ListDocuments("bureau")) == 7
        conversations = talk.do(jobs.ListConversations("bureau"))
        assert isinstance(conversations, tuple) and [c.title for c in conversations] == ["Leave"]


def test_a_library_that_another_process_changes_still_answers(tmp_path: Path, folder: Path) -> None:
    data = tmp_path / "data"
    with Engine(DataDir(data), "office", models=FakeModels()) as elsewhere:
        list(elsewhere.add([folder]))
        with host(data) as talk:
            assert isinstance(talk.do(QUESTION), Answer)
            assert "Another program" in str(talk.failure(talk.start(jobs.AddPaths("office", (folder,)))).message)


def test_an_idle_host_keeps_no_one_from_adding(tmp_path: Path, folder: Path) -> None:
    data = tmp_path / "data"
    with host(data) as talk:
        talk.do(jobs.AddPaths("office", (folder,)))
        talk.do(QUESTION)
        (folder / "handbook.md").write_text("Every member of staff has 30 days of annual leave.")
        with Engine(DataDir(data), "office", models=FakeModels()) as elsewhere:
            list(elsewhere.add([folder]))
        talk.do(jobs.SaveLibrarySettings("office", LAX))
        answer = talk.do(QUESTION)
        assert isinstance(answer, Answer) and "30 days" in answer.text


def test_damaged_settings_are_told_and_do_not_stop_the_work(tmp_path: Path, folder: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "settings.json").write_text("{ this is not JSON")
    with host(data) as talk:
        assert "settings" in str(talk.failure(talk.start(jobs.LoadSettings())).message)
        assert isinstance(talk.do(jobs.AddPaths("office", (folder,))), AddReport)
        talk.do(jobs.SaveSettings(Settings(top_k=2)))
        assert talk.do(jobs.LoadSettings()) == Settings(top_k=2)
        answer = talk.do(jobs.AskQuestion("office", "Which document speaks of the harbour?"))
        assert isinstance(answer, Answer) and len(answer.passages) == 2


def test_a_library_has_settings_of_its_own(tmp_path: Path, folder: Path) -> None:
    with host(tmp_path / "data") as talk:
        talk.do(jobs.AddPaths("office", (folder,)))
        asked = jobs.AskQuestion("office", "Which document speaks of the harbour?")
        talk.do(asked)
        talk.do(jobs.SaveLibrarySettings("office", LibrarySettings({"top_k": 1})))
        answer = talk.do(asked)
        assert isinstance(answer, Answer) and len(answer.passages) == 1


def test_saving_settings_does_not_bring_back_what_was_removed(tmp_path: Path, folder: Path) -> None:
    with host(tmp_path / "data") as talk:
        talk.do(jobs.AddPaths("office", (folder,)))
        talk.do(jobs.RemovePaths("office", (folder / "0.txt",)))
        talk.do(jobs.SaveLibrarySettings("office", LibrarySettings({"top_k": 1})))
        settings = talk.do(jobs.LoadLibrarySettings("office"))
        assert settings == LibrarySettings({"top_k": 1}, left_out=(folder / "0.txt",))
        talk.do(jobs.AddPaths("office", (folder,)))
        assert talk.do(jobs.ListDocuments("office")) == 6


def test_another_embedder_offers_a_rebuild(tmp_path: Path, folder: Path) -> None:
    with host(tmp_path / "data") as talk:
        talk.do(jobs.AddPaths("office", (folder,)))
    with host(tmp_path / "data", FakeModels(encoder=FakeEncoder("other", 32))) as talk:
        failed = talk.failure(talk.start(QUESTION))
        assert failed.kind == "mismatch" and failed.advice
        talk.do(jobs.AddPaths("office", (), rebuild=True))
        assert isinstance(talk.do(QUESTION), Answer)


def test_a_bug_ends_its_job_with_a_report_and_the_engine_goes_on(tmp_path: Path, folder: Path) -> None:
    class Broken(FakeGenerator):
        def count_tokens(self, text: str) -> int:
            raise ZeroDivisionError(text)

    data = tmp_path / "data"
    with host(data, FakeModels(generator=Broken())) as talk:
        talk.do(jobs.AddPaths("office", (folder,)))
        talk.do(jobs.SaveLibrarySettings("office", LAX))
        failed = talk.failure(talk.start(QUESTION))
        assert failed.kind == "bug" and "ZeroDivisionError" in failed.details
        assert Path(failed.report).parent == data / "reports"
        assert talk.do(jobs.ListDocuments("office")) == 7


def test_closing_in_the_middle_of_indexing_leaves_the_library_whole(tmp_path: Path, folder: Path) -> None:
    encoder = GatedEncoder()
    with host(tmp_path / "data", FakeModels(encoder)) as talk:
        adding = talk.start(jobs.AddPaths("office", (folder,)))
        encoder.gate.wait()
        asking = talk.start(QUESTION)
        talk.settle()
        encoder.gate.opened.set()
        talk.until(lambda: talk.of(adding, Progress))
    for job_id in (adding, asking):
        assert isinstance(talk.ending(job_id), Stopped | Finished)
    with Engine(DataDir(tmp_path / "data"), "office", models=FakeModels()) as engine:
        assert len(engine.documents()) == 7
        assert not engine._work.store.problems(thorough=True)


def test_reading_again_replaces_what_is_stored(tmp_path: Path, folder: Path) -> None:
    with host(tmp_path / "data") as talk:
        talk.do(jobs.AddPaths("office", (folder,)))
        report = talk.do(jobs.AddPaths("office", (folder / "handbook.md",), reread=True))
        assert isinstance(report, AddReport) and (report.changed, report.chunks, report.failed) == (1, 1, ())
        assert isinstance(talk.do(QUESTION), Answer)


def test_a_folder_that_is_no_library_gets_no_conversations(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "libraries" / "photos").mkdir(parents=True)
    with host(data) as talk:
        for job in (jobs.ListConversations("photos"), jobs.CreateConversation("photos", "Leave")):
            assert "no library" in str(talk.failure(talk.start(job)).message)
        talk.do(jobs.CreateLibrary("office"))
        assert talk.do(jobs.ListConversations("office")) == ()
    assert not list(data.rglob("conversations.db"))


def test_a_conversation_that_is_gone_is_not_exported(tmp_path: Path, folder: Path) -> None:
    with host(tmp_path / "data") as talk:
        talk.do(jobs.CreateLibrary("office"))
        talk.do(jobs.CreateConversation("office", "Leave"))
        exporting = talk.start(jobs.ExportConversation("office", 99, tmp_path / "leave.md"))
        assert "not there any more" in str(talk.failure(exporting).message)
    assert not (tmp_path / "leave.md").exists()


def test_packs_that_are_not_there_are_told_plainly(tmp_path: Path) -> None:
    with host(tmp_path / "data") as talk:
        assert talk.do(jobs.ListPacks()) == ()
        assert "is installed" in str(talk.failure(talk.start(jobs.VerifyPack("nothing"))).message)


def test_a_folder_without_write_permission_can_still_be_asked(tmp_path: Path, folder: Path) -> None:
    data = tmp_path / "data"
    with host(data) as talk:
        talk.do(jobs.AddPaths("office", (folder,)))
    library = data / "libraries" / "office"
    for path in (*library.iterdir(), library):
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        with host(data) as talk:
            assert isinstance(talk.do(QUESTION), Answer)
            assert talk.do(jobs.ListConversations("office")) == ()
    finally:
        library.chmod(0o755)
