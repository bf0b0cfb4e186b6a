"""What adding does with content that the library knows, and what it says of each file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_core.engine import AddStep, Engine
from rag_core.errors import IndexMismatch
from rag_core.ingest.reading import DocumentReader
from rag_core.library.records import LEFT_OUT
from rag_core.messages import say
from rag_core.paths import DataDir
from rag_core.progress import Progress, run_to_end
from rag_core.stages import EMBED
from rag_core.types import AddReport, Document, DocumentsSearchable, FileProblem, FileReading, FilesQueued
from tests.fakes_encoder import FakeEncoder
from tests.fakes_models import FakeModels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for name in ("oak", "elm"):
        (folder / f"{name}.txt").write_text(f"The {name.title()} Room seats twelve people.")
    return folder


@pytest.fixture
def models() -> FakeModels:
    return FakeModels()


@pytest.fixture
def engine(tmp_path: Path, models: FakeModels) -> Iterator[Engine]:
    with Engine(DataDir(tmp_path / "data"), "office", models=models) as engine:
        yield engine


@pytest.fixture
def no_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: DocumentReader, paths: object) -> Iterator[None]:
        raise AssertionError(f"parsed again: {paths}")

    monkeypatch.setattr(DocumentReader, "read_stepwise", refuse)


def steps_of(engine: Engine, folder: Path) -> list[AddStep]:
    return list(engine.add([folder]))


def done(steps: list[AddStep]) -> dict[str, str]:
    return {Path(s.path).name: s.state for s in steps if isinstance(s, Document)}


def test_each_file_is_queued_read_stored_and_then_searchable(engine: Engine, folder: Path) -> None:
    (folder / "empty.pdf").write_bytes(b"")
    steps = steps_of(engine, folder)
    (queued,) = [step.paths for step in steps if isinstance(step, FilesQueued)]
    assert [Path(path).name for path in queued] == ["elm.txt", "empty.pdf", "oak.txt"]
    assert {s.path for s in steps if isinstance(s, FileReading)} == set(queued)
    assert done(steps) == {"elm.txt": "keyword_searchable", "empty.pdf": "failed", "oak.txt": "keyword_searchable"}
    stored = {document.document_id: document for document in engine.documents() if document.document_id}
    assert {i for s in steps if isinstance(s, DocumentsSearchable) for i in s.document_ids} == set(stored)
    told = next(s for s in steps if isinstance(s, Document) and s.document_id)
    assert told.path == stored[told.document_id].path
    assert (told.pages, told.chunks, told.size_bytes) == (1, 1, stored[told.document_id].size_bytes)


def test_a_touched_file_is_not_parsed_again(engine: Engine, folder: Path, request: pytest.FixtureRequest) -> None:
    steps_of(engine, folder)
    os.utime(folder / "oak.txt", ns=(0, 10**18))
    request.getfixturevalue("no_parsing")
    assert done(steps_of(engine, folder)) == {"oak.txt": "searchable"}
    stored = {Path(document.path).name: document.modified_ns for document in engine.documents()}
    assert stored["oak.txt"] == 10**18
    assert done(steps_of(engine, folder)) == {}, "and from now on it is known"


def test_a_moved_or_copied_file_keeps_its_vectors(engine: Engine, folder: Path, request: pytest.FixtureRequest) -> None:
    steps_of(engine, folder)
    (folder / "oak.txt").rename(folder / "renamed.txt")
    (folder / "copy.txt").write_bytes((folder / "elm.txt").read_bytes())
    request.getfixturevalue("no_parsing")
    assert done(steps_of(engine, folder)) == {"copy.txt": "searchable", "renamed.txt": "searchable"}
    assert {Path(document.path).name for document in engine.documents()} == {"copy.txt", "elm.txt", "renamed.txt"}
    assert engine.search("Oak Room").passages[0].path == str(folder / "renamed.txt")


def test_a_file_of_the_same_size_and_other_words_is_read(engine: Engine, folder: Path) -> None:
    steps_of(engine, folder)
    (folder / "oak.txt").write_text("The Ash Room seats twelve people.")
    assert done(steps_of(engine, folder)) == {"oak.txt": "keyword_searchable"}
    assert engine.search("Ash Room").passages[0].text.startswith("The Ash")


def test_reading_everything_again_takes_what_a_parser_sees_now(engine: Engine, folder: Path) -> None:
    (folder / "copy.txt").write_bytes((folder / "oak.txt").read_bytes())
    steps_of(engine, folder)
    steps = list(engine.add([folder], reread=True))
    assert set(done(steps)) == {"copy.txt", "elm.txt", "oak.txt"}
    assert {document.state for document in engine.documents()} == {"searchable"}
    assert sum("Oak" in passage.text for passage in engine.search("Oak Room").passages) == 1
    orphans = next(check for check in engine.health() if check.name == say("check-damage"))
    assert orphans.found == say("zero-orphans")


def test_vectors_of_two_models_are_never_mixed(engine: Engine, folder: Path, models: FakeModels) -> None:
    for number in range(20):
        (folder / f"{number}.txt").write_text(f"Document number {number}.")
    work = engine.add([folder])
    while not (isinstance(step := next(work), Progress) and step.stage == "embed" and step.done):
        pass
    models[EMBED].give(FakeEncoder("another"))
    with pytest.raises(IndexMismatch):
        list(work)


def add(engine: Engine, *paths: Path) -> AddReport:
    return run_to_end(engine.add(paths))


def names(engine: Engine) -> list[str]:
    return [Path(document.path).name for document in engine.documents()]


def test_what_was_removed_stays_out_when_its_folder_is_added_again(engine: Engine, folder: Path) -> None:
    add(engine, folder)
    engine.remove([folder / "oak.txt"])
    report = add(engine, folder)
    assert (report.added, report.unchanged, names(engine)) == (0, 1, ["elm.txt"])
    assert report.skipped == (FileProblem(str(folder / "oak.txt"), LEFT_OUT),)
    assert add(engine, folder / ".." / folder.name / "oak.txt").added == 1
    assert add(engine, folder).skipped == ()
    assert names(engine) == ["elm.txt", "oak.txt"]


def test_a_removed_folder_stays_out_but_for_what_is_named_in_it(engine: Engine, folder: Path) -> None:
    old = folder / "old"
    old.mkdir()
    for name in ("ash", "fir"):
        (old / f"{name}.txt").write_text(f"The {name} room is closed.")
    add(engine, folder)
    engine.remove([old / "ash.txt"])
    engine.remove([old])
    assert add(engine, folder).skipped == (FileProblem(str(old), LEFT_OUT),)
    add(engine, old / "ash.txt")
    (old / "ash.txt").write_text("The ash room is open again.")
    assert add(engine, folder).changed == 1
    assert sorted(names(engine)) == ["ash.txt", "elm.txt", "oak.txt"]
    add(engine, old)
    assert "fir.txt" in names(engine) and add(engine, folder).skipped == ()


def test_damaged_settings_of_a_library_stop_neither_adding_nor_removing(engine: Engine, folder: Path) -> None:
    add(engine, folder)
    damaged = engine.library.folder / "library.json"
    damaged.write_text("{")
    engine.remove([folder / "oak.txt"])
    assert add(engine, folder).added == 1
    assert damaged.read_text() == "{"


def test_documents_that_were_cut_in_another_way_are_read_again_by_a_rebuild(
    engine: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(engine, folder)
    (folder / "elm.txt").unlink()
    monkeypatch.setattr("rag_core.library.identity.CHUNKER_VERSION", 1000)
    with pytest.raises(IndexMismatch):
        add(engine, folder)
    next(engine.add([], rebuild=True))  # and interrupted
    with pytest.raises(IndexMismatch):
        add(engine, folder)
    report = run_to_end(engine.add([], rebuild=True))
    assert (report.changed, report.chunks) == (1, 1)
    assert {document.state for document in engine.documents()} == {"searchable"}
    assert names(engine) == ["elm.txt", "oak.txt"], "a file that is away keeps what was read of it"
    assert add(engine, folder).removed == 1


def test_files_of_a_drive_that_vanished_are_read_when_it_is_back(engine: Engine, folder: Path) -> None:
    away = folder.with_name("away")
    for step in engine.add([folder]):
        if isinstance(step, FilesQueued):
            folder.rename(away)
    assert {document.state for document in engine.documents()} == {"failed"}
    away.rename(folder)
    assert done(steps_of(engine, folder)) == {"elm.txt": "keyword_searchable", "oak.txt": "keyword_searchable"}


def test_a_file_that_is_damaged_is_not_read_again_and_again(
    engine: Engine, folder: Path, request: pytest.FixtureRequest
) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing of it")
    assert done(steps_of(engine, folder))["broken.pdf"] == "failed"
    request.getfixturevalue("no_parsing")
    assert done(steps_of(engine, folder)) == {}
