"""A format that this program has never heard of is described in one value, and works everywhere."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.conversation.filter_popup import kind_words
from app.conversation.proof import place_words
from app.documents.document_rows import row_of
from app.kit.source_target import SourceTarget
from app.source.source_model import SourceModel
from app.source.source_words import place_name
from rag_core.cli.asking import place
from rag_core.cli.opening import filters_of
from rag_core.conversations.export import conversation_markdown
from rag_core.conversations.records import Turn
from rag_core.engine import Engine
from rag_core.ingest.formats import registry
from rag_core.ingest.formats.format import Format
from rag_core.ingest.formats.protocol import ParseLimits
from rag_core.ingest.formats.source import Source
from rag_core.paths import DataDir
from rag_core.progress import run_to_end
from rag_core.types import Block, Page, ParsedDocument
from tests.fakes_models import FakeModels

# The child that reads loads this module by its name, as the parser.
PLAY = Format((".play",), ("text/x-play",), __name__, place="scene", view="sheet", group="plays")
SCENES = ("Enter three witches. The cauldron boils.", "Enter Macbeth. The owl screamed at midnight.")


def score(source: Source, named: bool) -> float:
    return 0.9 if named else 0.0


def parse(source: Source, limits: ParseLimits) -> ParsedDocument:
    scenes = source.read_bytes().decode().split("\n---\n")
    pages = [Page(number, text, blocks=(Block("paragraph", 0, len(text)),)) for number, text in enumerate(scenes, 1)]
    return ParsedDocument("", tuple(pages), "Macbeth")


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_known", list(registry._known))
    registry.register(PLAY)
    yield
    registry.by_suffix.cache_clear()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "macbeth.play").write_text("\n---\n".join(SCENES))
    (folder / "notes.txt").write_text("The owl is a bird.")
    with Engine(DataDir(tmp_path / "data"), "office", models=FakeModels()) as engine:
        report = run_to_end(engine.add([folder]))
        assert (report.added, report.failed, report.skipped) == (2, (), ())
        yield engine


def test_a_document_of_it_is_added_found_and_cited(engine: Engine) -> None:
    arguments = argparse.Namespace(folder=None, types=["play"], since=None, until=None)
    (found,) = engine.search("When did the owl scream?", filters=filters_of(arguments)).passages[:1]
    assert (found.page, found.place, found.media_type, found.text) == (2, "scene", "text/x-play", SCENES[1])
    assert place(found) == f"{found.path}, scene 2"
    assert place_words(found) == "macbeth.play, scene 2"
    answer = run_to_end(engine.ask("When did the owl scream?", filters=filters_of(arguments)))
    assert "macbeth.play, scene 2" in conversation_markdown("Owls", [Turn(0, answer.question, 1, answer)])


def test_the_window_shows_it_as_it_says(engine: Engine) -> None:
    (stored,) = [document for document in engine.documents() if document.media_type == "text/x-play"]
    model = SourceModel()
    model.point([SourceTarget("office", stored.document_id, stored.path, "", 2, 0, 0, media_type="text/x-play")], 0)
    model.take_pages(engine.library.store.page_infos(stored.document_id))
    assert (model.kind, model.format.icon, place_name(model)) == ("sheet", "file-text", "Scene 2")
    assert row_of(stored.path).icon == "file-text"
    assert registry.groups()["plays"] == ("text/x-play",) and kind_words("plays") == "plays"


def test_other_documents_stay_what_they_are(engine: Engine) -> None:
    """The text beside it is no play."""
    kinds = {Path(document.path).name: document.media_type for document in engine.documents()}
    assert kinds == {"macbeth.play": "text/x-play", "notes.txt": "text/plain"}
