"""The command line over fake models: words, exit codes, and what is said where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag_core.cli import DONE, FAILED, MISUSED, NOT_FOUND, PARTLY, STOPPED, main
from rag_core.engine import Engine
from rag_core.errors import NotPrepared
from rag_core.library.library import Library
from rag_core.library.listing import create_library, library_info
from rag_core.library.records import LibrarySettings
from rag_core.messages import literal
from rag_core.paths import DataDir
from rag_core.runtime.places import PREPARE_FOR_NPU
from rag_core.stages import GENERATE, READ
from tests.fakes_models import FakeModels
from tests.fakes_reader import FakeReader


@pytest.fixture(autouse=True)
def fake_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeModels:
    models = FakeModels()
    monkeypatch.setattr("rag_core.engine.Models", lambda data_dir, settings: models)
    monkeypatch.setenv("ALCOVE_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "settings.json").write_text('{"relevance_threshold": 0.0}')
    return models


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "rooms.txt").write_text("The Oak Room seats 12 people.\n\nIt is booked at reception.")
    return folder


def test_add_list_search_ask_remove(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["add", str(folder)]) == DONE
    assert "1 added" in capsys.readouterr().out
    assert main(["list"]) == DONE
    assert "searchable" in capsys.readouterr().out
    assert main(["search", "Oak Room"]) == DONE
    assert "rooms.txt" in capsys.readouterr().out
    assert main(["ask", "How many people does the Oak Room seat?"]) == DONE
    said = capsys.readouterr().out
    assert "The Oak Room seats 12 people. [1]" in said
    assert "“The Oak Room seats 12 people.”" in said
    assert main(["remove", str(folder)]) == DONE
    assert main(["search", "Oak Room"]) == NOT_FOUND


def test_json_is_one_document_and_nothing_else(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["add", str(folder)], ["list"], ["search", "Oak"], ["ask", "Oak Room seats?"], ["packs", "list"]):
        main([*command, "--json"])
        assert json.loads(capsys.readouterr().out)["version"] == 1


def test_not_found_names_the_nearest_passage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["add", str(folder)])
    assert main(["ask", "Oak pension?", "--threshold", "1"]) == NOT_FOUND
    said = capsys.readouterr().out
    assert "This was not found in these documents." in said
    assert "The nearest passage:" in said


def test_an_unsupported_sentence_is_told(
    folder: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_models.generator.reply = lambda messages: "The Oak Room seats 40 people."
    main(["add", str(folder)])
    main(["ask", "How many people does the Oak Room seat?"])
    assert "Not confirmed by the passages: “The Oak Room seats 40 people.”" in capsys.readouterr().out


def test_files_that_cannot_be_read_have_their_own_exit_code(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "film.mp4").write_bytes(b"x")
    assert main(["add", str(folder)]) == PARTLY
    said = capsys.readouterr().out
    assert "empty.pdf” is empty" in said
    assert "film.mp4" in said


def test_a_library_is_cut_and_searched_as_it_is_set_unless_the_command_says_otherwise(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def found(*options: str) -> list[object]:
        capsys.readouterr()
        main(["search", "Oak Room", "--json", *options])
        return list(json.loads(capsys.readouterr().out)["passages"])

    data_dir = DataDir(tmp_path / "data")
    (folder / "more.txt").write_text("\n\n".join(f"The Oak Room has lamp {number}." for number in range(40)))
    (tmp_path / "data" / "settings.json").write_text('{"top_k": 4, "chunk_tokens": 200}')
    create_library(data_dir, "default")
    Library(data_dir, "default").save_settings(LibrarySettings({"top_k": 2, "chunk_tokens": 20}))
    assert main(["add", str(folder)]) == DONE
    assert library_info(data_dir, "default").passages > 5
    assert len(found()) == 2
    assert len(found("--top-k", "3")) == 3
    (data_dir.libraries / "default" / "library.json").write_text("[")
    assert main(["search", "Oak Room"]) == FAILED
    assert "library.json" in capsys.readouterr().err


def test_errors_are_sentences_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "x", "--library", "nowhere"]) == FAILED
    said = capsys.readouterr()
    assert said.out == "" and "There is no library “nowhere”." in said.err
    assert "alcove add FOLDER" in said.err
    (tmp_path / "data" / "settings.json").write_text("{broken")
    assert main(["list"]) == FAILED
    assert "settings.json" in capsys.readouterr().err
    (tmp_path / "data" / "settings.json").write_text('{"threads": -5}')
    assert main(["list"]) == FAILED
    refused = capsys.readouterr().err
    assert "“threads”" in refused and "-5" in refused and "a whole number from 1 to 1,024" in refused


def test_a_damaged_pack_is_named_with_the_command_that_mends_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = tmp_path / "data" / "packs" / "some-model"
    pack.mkdir(parents=True)
    (pack / "manifest.json").write_text("{")
    assert main(["doctor"]) == FAILED
    said = capsys.readouterr().out
    assert "pack some-model: Prepare the models again, or import it again: alcove packs build" in said
    assert main(["packs", "verify"]) == FAILED
    assert "some-model: The manifest" in capsys.readouterr().out
    assert main(["add", str(folder)]) == DONE


def test_filters_are_checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["add", str(folder)])
    assert main(["search", "Oak", "--type", "mp4"]) == FAILED
    assert main(["search", "Oak", "--since", "yesterday"]) == FAILED
    assert main(["search", "Oak", "--type", "txt", "--since", "2020-01-01", "--folder", str(folder)]) == DONE
    assert main(["search", "Oak", "--type", "pdf"]) == NOT_FOUND


def test_chat_keeps_the_conversation(
    folder: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["add", str(folder)])
    lines = iter(["How many people does the Oak Room seat?\n", "And where is it booked?\n", "\n"])
    monkeypatch.setattr("sys.stdin.readline", lambda: next(lines))
    assert main(["chat"]) == DONE
    *_, asked, answered, _ = fake_models.generator.seen[-1]
    assert asked.content == "How many people does the Oak Room seat?"
    assert answered.content == "The Oak Room seats 12 people. [1]"


def test_interrupting_is_clean(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Engine, "add", interrupted)
    assert main(["add", str(folder)]) == STOPPED
    assert "run the same command again" in capsys.readouterr().err


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == MISUSED
    assert "alcove" in capsys.readouterr().out
    assert main(["--version"]) == DONE


def test_a_step_that_ran_elsewhere_is_told_and_an_unknown_device_is_refused(
    folder: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["add", str(folder)])
    fake_models[GENERATE].move("CPUExecutionProvider", "The Snapdragon NPU stopped answering.")
    assert main(["ask", "How many people does the Oak Room seat?"]) == DONE
    said = capsys.readouterr()
    assert "Writing the answer ran on the processor (CPU). The Snapdragon NPU stopped answering." in said.err
    main(["ask", "How many people does the Oak Room seat?", "--json"])
    reasons = json.loads(capsys.readouterr().out)["reasons"]
    assert reasons["generate"] == "The Snapdragon NPU stopped answering."
    assert main(["ask", "Oak?", "--execution-provider", "abacus"]) == FAILED
    assert "“abacus” is not a device that Alcove knows." in capsys.readouterr().err


def test_models_that_are_not_compiled_are_told_with_the_command_that_does_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> FakeModels:
        raise NotPrepared("“MiniLM” has not been prepared for this NPU yet.", PREPARE_FOR_NPU)

    monkeypatch.setattr("rag_core.engine.Models", refuse)
    assert main(["add", str(folder), "--execution-provider", "npu"]) == FAILED
    assert "prepare the models for the NPU: alcove packs compile" in capsys.readouterr().err


def test_the_words_that_answer_are_set_apart_in_their_sentence_before_the_answer(
    folder: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_models[READ].give(FakeReader())
    main(["add", str(folder)])
    capsys.readouterr()
    main(["ask", "How many people does the Oak Room seat?"])
    said = capsys.readouterr().out
    assert said.startswith(f"“The Oak Room seats *12* people.”\n  {folder / 'rooms.txt'}")
    assert said.index("*12*") < said.index("The Oak Room seats 12 people. [1]")


def test_what_the_reader_cannot_read_is_in_the_json_too(
    folder: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_models[READ].give(FakeReader())
    (folder / "rules.txt").write_text("年次有給休暇は年20日とする。避難場所は横浜公園とする。")
    main(["add", str(folder)])
    capsys.readouterr()
    main(["ask", "避難場所はどこですか。", "--json"])
    shown = capsys.readouterr()
    (notice,) = json.loads(shown.out)["notices"]
    assert "reader" in notice and notice in shown.err


def test_a_step_that_has_no_model_says_so_without_a_place(
    folder: Path, fake_models: FakeModels, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_models[READ].told = literal("No reader is installed.")
    main(["add", str(folder)])
    main(["ask", "How many people does the Oak Room seat?"])
    assert "\nNo reader is installed.\n" in f"\n{capsys.readouterr().err}"
