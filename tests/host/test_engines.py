"""Which libraries and models the engine thread has open, and which not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag_core.engine import Engine
from rag_core.engine.models import Models
from rag_core.errors import LibraryLocked
from rag_core.host.engines import Engines
from rag_core.library.library import Library
from rag_core.library.listing import create_library
from rag_core.library.records import LibrarySettings
from rag_core.paths import DataDir
from rag_core.settings import Settings
from tests.fakes_models import FakeModels


class Opened:
    """Makes models and remembers them."""

    def __init__(self) -> None:
        self.made: list[FakeModels] = []

    def make(self, data_dir: DataDir, settings: Settings) -> Models:
        self.made.append(FakeModels())
        return self.made[-1]


@pytest.fixture
def opened() -> Opened:
    return Opened()


@pytest.fixture
def engines(tmp_path: Path, opened: Opened) -> Iterator[Engines]:
    data_dir = DataDir(tmp_path)
    create_library(data_dir, "office")
    engines = Engines(data_dir, opened.make)
    yield engines
    engines.close()


def test_a_library_is_locked_only_while_a_job_changes_it(engines: Engines) -> None:
    with engines.reading("office"):
        Engine(engines.data_dir, "office", models=FakeModels()).close()
    with engines.writing("office") as writer, engines.reading("office") as reader:
        assert reader is writer, "what was stored a moment ago is found"
        with pytest.raises(LibraryLocked):
            Engine(engines.data_dir, "office", models=FakeModels())
    Engine(engines.data_dir, "office", models=FakeModels()).close()


def test_two_jobs_that_change_a_library_share_its_lock(engines: Engines) -> None:
    with engines.writing("office") as first:
        with engines.writing("office") as second:
            assert first is second
        assert first.documents() == [], "the first to end leaves it open for the other"


def test_libraries_share_one_set_of_models_and_closing_one_keeps_it(engines: Engines, opened: Opened) -> None:
    create_library(engines.data_dir, "home")
    with engines.reading("office"), engines.writing("home"):
        pass
    engines.close_library("office")
    (models,) = opened.made
    assert not models.closed


@pytest.mark.parametrize("another", [{"embedder": "e"}, {"reader": "r"}, {"llm": "l"}, {"threads": 3}])
def test_only_settings_that_name_models_open_them_again(
    engines: Engines, opened: Opened, another: dict[str, object]
) -> None:
    with engines.reading("office") as engine:
        engines.apply(Settings(top_k=3))
        assert engine.settings.top_k == 3
        assert [models.closed for models in opened.made] == [False]
        engines.apply(Settings(top_k=3).with_overrides(**another))
        assert [models.closed for models in opened.made] == [True, False]


def test_a_library_keeps_its_own_settings_when_the_general_ones_change(engines: Engines) -> None:
    Library(engines.data_dir, "office").save_settings(LibrarySettings({"top_k": 9}))
    with engines.reading("office") as engine:
        assert engine.settings == replace(Settings(), top_k=9)
        engines.apply(Settings(candidate_k=20))
        assert engine.settings == replace(Settings(), top_k=9, candidate_k=20)


def test_damaged_settings_of_a_library_do_not_keep_it_from_answering(engines: Engines) -> None:
    (engines.data_dir.libraries / "office" / "library.json").write_text("[")
    with engines.reading("office") as engine:
        assert engine.settings == Settings()
