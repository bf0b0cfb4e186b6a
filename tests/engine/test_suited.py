"""What is left to Alcove suits the device; what a person set, or a library was made with, stays."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from rag_core.engine import Engine, suited
from rag_core.paths import DataDir
from rag_core.progress import run_to_end
from rag_core.runtime.devices import DeviceKind
from rag_core.settings import Settings
from rag_core.stages import GENERATE
from rag_core.types import ChatMessage
from tests.fakes_generator import FakeGenerator
from tests.fakes_models import FakeModels

DEFAULTS = Settings()
ANYTHING = Settings(relevance_threshold=0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(9):
        sentences = (
            f"Room {number}{letter} of the office seats {number + 3} people at a table." for letter in "abcdefgh"
        )
        (folder / f"{number}.txt").write_text(" ".join(sentences))
    return folder


def engine_on(tmp_path: Path, kind: DeviceKind, settings: Settings = ANYTHING) -> Engine:
    return Engine(DataDir(tmp_path / "data"), "office", settings, models=FakeModels(kind=kind))


def test_the_npu_gets_more_passages_and_the_answer_says_how_many(tmp_path: Path, folder: Path) -> None:
    with engine_on(tmp_path, "cpu") as engine:
        run_to_end(engine.add([folder]))
        answer = engine.answer("Which room of the office seats people?")
        assert (len(answer.passages), answer.provenance["top_k"]) == (5, "5")
    with engine_on(tmp_path, "npu") as engine:
        answer = engine.answer("Which room of the office seats people?")
        assert (len(answer.passages), answer.provenance["top_k"]) == (7, "7")
    with engine_on(tmp_path, "npu", Settings(relevance_threshold=0.0, top_k=3)) as engine:
        assert len(engine.search("Which room of the office seats people?").passages) == 3


def test_another_device_neither_cuts_otherwise_nor_asks_for_a_rebuild(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine_on(tmp_path, "cpu") as engine:
        run_to_end(engine.add([folder / "0.txt"]))
    other = suited.Suited(40, 7, 20, 100, 50, (8, 64))
    monkeypatch.setattr(suited, "_BY_KIND", {"npu": other})
    with engine_on(tmp_path, "npu") as engine:
        assert engine.in_effect().chunk_tokens == 220
        before = engine._work.store.chunk_count()
        run_to_end(engine.add([folder / "1.txt"]))
        assert engine._work.store.chunk_count() == before + 1, "cut as the first document was"
    with Engine(DataDir(tmp_path / "data"), "new", models=FakeModels(kind="npu")) as engine:
        assert engine.in_effect().chunk_tokens == 40


def test_a_length_that_a_person_chose_holds_until_it_is_left_to_alcove_again(tmp_path: Path, folder: Path) -> None:
    with engine_on(tmp_path, "cpu") as engine:
        run_to_end(engine.add([folder / "0.txt"]))
    with engine_on(tmp_path, "cpu", Settings(chunk_tokens=40)) as engine:
        run_to_end(engine.add([folder / "1.txt"]))
        assert engine._work.store.chunk_count() > 2
        assert engine.in_effect().chunk_tokens == 40
    with engine_on(tmp_path, "npu") as engine:
        assert engine.in_effect().chunk_tokens == 220


def test_a_library_from_before_the_choice_was_cut_for_the_processor(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine_on(tmp_path, "cpu") as engine:
        run_to_end(engine.add([folder]))
        engine._work.store.set_meta("chunk_tokens", "")
    monkeypatch.setattr(suited, "_BY_KIND", {"npu": suited.Suited(40, 7, 20, 100, 50, (8, 64))})
    with engine_on(tmp_path, "npu") as engine:
        assert engine.in_effect().chunk_tokens == 220


def test_what_a_model_handles_well_holds_on_every_device_and_an_answer_is_never_too_long_for_it() -> None:
    own = {"evidence_tokens": 60, "max_new_tokens": 48}
    chatty = {"max_new_tokens": 2048}

    def room_for(spec: dict[str, int], kind: DeviceKind, settings: Settings = DEFAULTS) -> tuple[int, int]:
        writing = FakeModels(kind=kind)[GENERATE]
        writing.spec = spec
        return suited.room_for(settings, writing)

    for kind in get_args(DeviceKind):
        assert room_for(own, kind) == (60, 48)
    assert room_for({}, "npu")[0] > room_for({}, "cpu")[0]
    assert room_for(chatty, "npu")[1] < room_for(chatty, "cpu")[1]
    assert room_for(chatty, "npu", Settings(max_new_tokens=900))[1] == 900


def test_what_does_not_fit_where_the_model_runs_is_left_out_whole_and_told(tmp_path: Path, folder: Path) -> None:
    generator = FakeGenerator(context_tokens=460)
    models = FakeModels(generator=generator, evidence_tokens=400, max_new_tokens=32)
    with Engine(DataDir(tmp_path / "data"), "office", ANYTHING, models=models) as engine:
        run_to_end(engine.add([folder]))
        answer = engine.answer("Which room of the office seats people?")
        (notice,) = answer.notices
        assert str(notice).startswith("The model read the nearest ")
        (prompt,) = generator.seen
        text = prompt[-1].content
        assert text.endswith("at a table."), "no sentence is cut"
        generator.context_tokens = 8192
        assert engine.answer("Which room of the office seats people?").notices == ()


def test_a_question_that_is_too_long_by_itself_is_refused(tmp_path: Path, folder: Path) -> None:
    generator = FakeGenerator(context_tokens=200)
    with Engine(DataDir(tmp_path / "data"), "office", ANYTHING, models=FakeModels(generator=generator)) as engine:
        run_to_end(engine.add([folder]))
        with pytest.raises(Exception, match="too long"):
            engine.answer("Which room of the office seats people?", history=[ChatMessage("user", "Rooms?")])
