"""The engine over real files, a real store and fake models: what a person gets from each call."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from rag_core.engine import AddStep, Engine
from rag_core.errors import Cancelled, IndexMismatch, LibraryLocked, UserError
from rag_core.ingest.chunker import chunk_document
from rag_core.messages import say
from rag_core.model_protocols import TokenCounter
from rag_core.paths import DataDir
from rag_core.progress import CancelToken, Progress
from rag_core.settings import Settings
from rag_core.types import (
    AddReport,
    Answer,
    ChatMessage,
    Chunk,
    Filters,
    ParsedDocument,
    Quote,
    SearchResult,
    TextStreamed,
)
from tests.fakes_encoder import FakeEncoder
from tests.fakes_generator import FakeGenerator
from tests.fakes_models import ENGLISH_ONLY, FakeModels

HANDBOOK = """# Leave

Every member of staff has 25 days of annual leave. Leave that is left over lapses on 31 March.

# Rooms

The Oak Room seats 12 people. It is booked at reception.
"""
SETTINGS = Settings(relevance_threshold=0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    (folder / "sub").mkdir(parents=True)
    (folder / "handbook.md").write_text(HANDBOOK)
    (folder / "sub" / "rates.csv").write_text("Grade,Rate\nJunior,40\nSenior,75\n")
    return folder


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with open_engine(tmp_path) as engine:
        yield engine


def open_engine(tmp_path: Path, models: FakeModels | None = None, settings: Settings = SETTINGS) -> Engine:
    return Engine(DataDir(tmp_path / "data"), "office", settings, models=models or FakeModels())


def finish(work: Generator[AddStep, None, AddReport]) -> AddReport:
    while True:
        try:
            next(work)
        except StopIteration as end:
            report: AddReport = end.value
            return report


def test_a_folder_becomes_searchable_and_an_answer_cites_the_sentence(engine: Engine, folder: Path) -> None:
    report = finish(engine.add([folder]))
    assert (report.added, report.failed) == (2, ())
    assert {document.state for document in engine.documents()} == {"searchable"}

    result = engine.search("How many days of annual leave?")
    assert "25 days" in result.passages[0].text
    assert result.passages[0].path == str(folder / "handbook.md")

    page = engine.page(result.passages[0].document_id, 1)
    answer = engine.answer("How many days of annual leave?")
    assert answer.citations
    for citation in answer.citations:
        assert page.text[citation.char_start : citation.char_end] == citation.quote
        assert answer.text[citation.start : citation.end] == f"[{citation.passage}]"


def test_passages_come_before_the_first_word_and_the_stream_is_the_answer(engine: Engine, folder: Path) -> None:
    finish(engine.add([folder]))
    events = list(engine.ask("How many days of annual leave?"))
    assert isinstance(events[0], SearchResult)
    assert isinstance(events[-1], Answer)
    assert "".join(e.text for e in events if isinstance(e, TextStreamed)) == events[-1].text


def test_nothing_is_generated_when_the_documents_do_not_hold_the_answer(tmp_path: Path, folder: Path) -> None:
    models = FakeModels()
    with open_engine(tmp_path, models, Settings(relevance_threshold=1.0)) as engine:
        finish(engine.add([folder]))
        answer = engine.answer("Who won the cup?")
        assert answer.not_found
        assert answer.text == "This was not found in these documents."
        assert "generate" not in answer.timings_ms
        assert models.generator.seen == []
        assert engine.answer("優勝したのは誰ですか").text == "この文書の中には見つかりませんでした。"


def test_an_empty_library_answers_not_found(engine: Engine) -> None:
    assert engine.answer("Anything?").not_found


def test_adding_again_does_no_work(engine: Engine, folder: Path) -> None:
    finish(engine.add([folder]))
    report = finish(engine.add([folder]))
    assert (report.added, report.changed, report.removed, report.unchanged) == (0, 0, 0, 2)


def test_a_changed_file_replaces_exactly_its_own_passages(engine: Engine, folder: Path) -> None:
    finish(engine.add([folder]))
    (folder / "handbook.md").write_text("Everybody has 30 days of annual leave now.")
    report = finish(engine.add([folder]))
    assert (report.changed, report.unchanged) == (1, 1)
    texts = [passage.text for passage in engine.search("days of annual leave rate junior").passages]
    assert any("30 days" in text for text in texts)
    assert not any("25 days" in text for text in texts)
    assert any("Junior" in text for text in texts)


def test_a_file_that_is_gone_no_longer_answers(engine: Engine, folder: Path) -> None:
    finish(engine.add([folder]))
    (folder / "handbook.md").unlink()
    assert finish(engine.add([folder])).removed == 1
    assert not any("Oak Room" in passage.text for passage in engine.search("Oak Room").passages)
    assert all(check.ok for check in engine.health())


def test_removing_a_folder_leaves_no_orphan(engine: Engine, folder: Path) -> None:
    finish(engine.add([folder]))
    assert engine.remove([folder / "sub"]) == [str(folder / "sub" / "rates.csv")]
    assert [document.path for document in engine.documents()] == [str(folder / "handbook.md")]
    orphans = next(check for check in engine.health() if check.name == say("check-damage"))
    assert orphans.found == say("zero-orphans")


def test_removing_what_is_not_there_says_so(engine: Engine, folder: Path) -> None:
    with pytest.raises(UserError, match="is not in this library"):
        engine.remove([folder / "handbook"])


def test_a_file_that_cannot_be_read_is_listed_and_the_rest_is_searchable(engine: Engine, folder: Path) -> None:
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "broken.docx").write_bytes(b"PK\x03\x04 this is not a document")
    report = finish(engine.add([folder]))
    assert sorted(Path(problem.path).name for problem in report.failed) == ["broken.docx", "empty.pdf"]
    assert all(problem.reason for problem in report.failed)
    failed = [document for document in engine.documents() if document.state == "failed"]
    assert len(failed) == 2 and all(document.reason for document in failed)
    assert engine.search("Oak Room").passages
    assert finish(engine.add([folder])).unchanged == 4
    assert len(finish(engine.add([folder], retry=True)).failed) == 2


def test_stopping_in_the_middle_loses_nothing_and_goes_on(tmp_path: Path, folder: Path) -> None:
    for number in range(20):
        (folder / f"{number}.txt").write_text(f"Document number {number} speaks of nothing.")
    with open_engine(tmp_path) as engine:
        work = engine.add([folder])
        while not (isinstance(step := next(work), Progress) and step.stage == "embed"):
            pass
        work.close()
        assert engine.search("Oak Room").passages, "found by its words before there are vectors"
    with open_engine(tmp_path) as engine:
        finish(engine.add([folder]))
        assert {document.state for document in engine.documents()} == {"searchable"}


def test_words_alone_are_enough_until_there_are_vectors(engine: Engine, folder: Path) -> None:
    finish(engine.add([folder], embed=False))
    result = engine.search("Oak Room")
    assert "Oak Room" in result.passages[0].text
    assert "words only" in str(result.notices[0])


def test_the_same_file_twice_is_one_document_and_shown_once(engine: Engine, folder: Path) -> None:
    shutil.copy(folder / "handbook.md", folder / "copy.md")
    finish(engine.add([folder]))
    assert sum("Oak Room" in passage.text for passage in engine.search("Oak Room").passages) == 1
    engine.remove([folder / "handbook.md"])
    assert engine.search("Oak Room").passages[0].path == str(folder / "copy.md")


def test_filters_narrow_a_search(engine: Engine, folder: Path) -> None:
    finish(engine.add([folder]))
    inside = engine.search("days rate", filters=Filters(folder=str(folder / "sub")))
    assert {passage.path for passage in inside.passages} == {str(folder / "sub" / "rates.csv")}
    kind = engine.search("days rate", filters=Filters(media_types=("text/markdown",)))
    assert {passage.path for passage in kind.passages} == {str(folder / "handbook.md")}
    os.utime(folder / "handbook.md", ns=(0, 10**18))
    finish(engine.add([folder]))
    old = engine.search("days rate", filters=Filters(modified_to_ns=2 * 10**18 // 2))
    assert {passage.path for passage in old.passages} == {str(folder / "handbook.md")}


def test_a_follow_up_is_understood(engine: Engine, folder: Path) -> None:
    finish(engine.add([folder]))
    history = [ChatMessage("user", "How many people does the Oak Room seat?"), ChatMessage("assistant", "12.")]
    result = engine.search("And where is it booked?", history=history)
    assert "Oak Room" in result.passages[0].text


def test_a_question_can_be_stopped(tmp_path: Path, folder: Path) -> None:
    models = FakeModels(generator=FakeGenerator())
    with open_engine(tmp_path, models) as engine:
        finish(engine.add([folder]))
        cancel = CancelToken()
        events = engine.ask("How many days of annual leave?", cancel=cancel)
        next(events)
        cancel.cancel()
        with pytest.raises(Cancelled):
            list(events)
        assert engine.answer("How many days of annual leave?").text, "the engine still works"


def test_another_embedder_is_refused_until_a_rebuild(tmp_path: Path, folder: Path) -> None:
    with open_engine(tmp_path) as engine:
        finish(engine.add([folder]))
    other = FakeModels(encoder=FakeEncoder(pack_id="other", dim=32))
    with open_engine(tmp_path, other) as engine:
        with pytest.raises(IndexMismatch):
            engine.search("Oak Room")
        with pytest.raises(IndexMismatch):
            finish(engine.add([folder]))
        finish(engine.add([folder], rebuild=True))
        assert "Oak Room" in engine.search("Oak Room").passages[0].text


def test_one_process_writes_and_others_may_ask(tmp_path: Path, folder: Path) -> None:
    data_dir = DataDir(tmp_path / "data")
    with open_engine(tmp_path) as writer:
        finish(writer.add([folder]))
        with pytest.raises(LibraryLocked):
            open_engine(tmp_path)
        with Engine(data_dir, "office", SETTINGS, read_only=True, models=FakeModels()) as reader:
            assert reader.search("Oak Room").passages


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", ".hidden", "x" * 65, "trailing."])
def test_a_library_name_cannot_leave_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="cannot be the name"):
        Engine(DataDir(tmp_path), name, SETTINGS, models=FakeModels())


def test_a_read_only_engine_never_creates_a_library(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no library"):
        Engine(DataDir(tmp_path), "none", SETTINGS, read_only=True, models=FakeModels())
    assert not (tmp_path / "libraries").exists()


def test_a_bug_in_one_document_is_reported_and_the_rest_goes_on(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clumsy(parsed: ParsedDocument, counter: TokenCounter, target_tokens: int) -> Iterator[Chunk]:
        if "Grade" in parsed.pages[0].text:
            raise ZeroDivisionError("a bug of ours")
        return chunk_document(parsed, counter, target_tokens)

    monkeypatch.setattr("rag_core.engine.adding.chunk_document", clumsy)
    with open_engine(tmp_path) as engine:
        report = finish(engine.add([folder]))
        assert len(report.failed) == 1
        assert engine.search("Oak Room").passages
    (written,) = (tmp_path / "data" / "reports").iterdir()
    text = written.read_text()
    assert "ZeroDivisionError" in text and "Grade" not in text


def test_the_nearest_sentence_comes_before_any_model_speaks(engine: Engine, folder: Path) -> None:
    finish(engine.add([folder]))
    events = list(engine.ask("How many people does the Oak Room seat?"))
    quote = next(event for event in events if isinstance(event, Quote))
    assert quote.text == "The Oak Room seats 12 people."
    assert events.index(quote) < next(i for i, e in enumerate(events) if isinstance(e, TextStreamed))


def test_where_the_model_invents_the_documents_own_words_follow(tmp_path: Path, folder: Path) -> None:
    models = FakeModels(generator=FakeGenerator(reply=lambda messages: "The Oak Room seats 99 people."))
    with open_engine(tmp_path, models) as engine:
        finish(engine.add([folder]))
        answer = engine.answer("How many people does the Oak Room seat?")
    assert [answer.text[a:b] for a, b in answer.unsupported] == ["The Oak Room seats 99 people."]
    assert answer.text.endswith("The documents say: “The Oak Room seats 12 people.” [1]")
    assert answer.citations[0].quote == "The Oak Room seats 12 people."


def test_a_model_that_does_not_write_the_language_is_not_asked_to(tmp_path: Path, folder: Path) -> None:
    (folder / "rules.txt").write_text("年次有給休暇は年20日とする。避難場所は横浜公園とする。")
    models = FakeModels(languages=ENGLISH_ONLY)
    with open_engine(tmp_path, models) as engine:
        finish(engine.add([folder]))
        found = engine.search("避難場所はどこですか。")
        assert found.passages[0].dense_score is None and str(found.notices[0]).startswith(
            "No model in use knows the language of the question (日本語)"
        )
        answer = engine.answer("避難場所はどこですか。")
    assert models.generator.seen == [] and not answer.generated
    assert answer.text == "文書には次のようにあります。「避難場所は横浜公園とする。」 [1]"
