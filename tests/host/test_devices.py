"""A device that fails in the middle of work: told once, whichever job it was, and tried again when asked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rag_core.errors import DeviceFailed, PackCorrupt
from rag_core.host import jobs
from rag_core.host.events import NEWS, DeviceCrashed, StageCheck, StageMoved
from rag_core.library.records import LibrarySettings
from rag_core.messages import literal
from rag_core.progress import CancelToken
from rag_core.settings import InEffect
from rag_core.stages import EMBED, GENERATE, READ
from rag_core.types import Answer, FloatArray, Reading
from tests.fakes_encoder import FakeEncoder
from tests.fakes_generator import FakeGenerator
from tests.fakes_models import FakeModels, FakeStage
from tests.fakes_reader import FakeReader
from tests.host.talk import host

CPU, QNN = "CPUExecutionProvider", "QNNExecutionProvider"
QUESTION = jobs.AskQuestion("office", "How many days of annual leave?")
HUNG = "The Snapdragon NPU did not answer within 20 seconds."


class FailingGenerator(FakeGenerator):
    """Its device fails at the third token; the text goes on on the processor."""

    models: FakeModels

    def _stream(self, answer: list[str], max_new_tokens: int, cancel: CancelToken) -> Iterator[str]:
        for number, piece in enumerate(super()._stream(answer, max_new_tokens, cancel)):
            if number == 2 and self.models[GENERATE].provider == QNN:
                self.models[GENERATE].move(CPU, HUNG)
            yield piece


@pytest.fixture
def models() -> FakeModels:
    generator = FailingGenerator()
    generator.models = models = FakeModels(generator=generator, kind="npu")
    models[EMBED].provider = models[READ].provider = models[GENERATE].provider = QNN
    return models


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "handbook.md").write_text("# Leave\n\nEvery member of staff has 25 days of annual leave.\n")
    return folder


def test_a_stage_that_moves_is_told_once_and_its_answer_says_so(
    tmp_path: Path, folder: Path, models: FakeModels
) -> None:
    with host(tmp_path / "data", models) as talk:
        talk.do(jobs.AddPaths("office", (folder,)))
        talk.do(jobs.SaveLibrarySettings("office", LibrarySettings({"relevance_threshold": 0.0001})))
        answer = talk.do(QUESTION)
        assert isinstance(answer, Answer) and "25 days" in answer.text
        assert (answer.providers["generate"], answer.reasons["generate"]) == (CPU, literal(HUNG))
        talk.do(QUESTION)
        talk.do(jobs.CheckStages())
        assert talk.of(NEWS, StageMoved) == [StageMoved("generate", CPU, literal(HUNG))]


def test_the_reader_that_moves_in_the_middle_of_reading_is_told_like_every_stage(
    tmp_path: Path, folder: Path, models: FakeModels
) -> None:
    class FailingReader(FakeReader):
        """Its device fails at the second text; the others are read on the processor."""

        def read(
            self, question: str, texts: Sequence[tuple[str, str]], cancel: CancelToken | None = None
        ) -> list[Reading | None]:
            first = super().read(question, texts[:1], cancel)
            models[READ].move(CPU, HUNG)
            return first + super().read(question, texts[1:], cancel)

    models[READ].give(FailingReader())
    with host(tmp_path / "data", models) as talk:
        talk.do(jobs.AddPaths("office", (folder,)))
        talk.do(jobs.SaveLibrarySettings("office", LibrarySettings({"relevance_threshold": 0.0001})))
        answer = talk.do(QUESTION)
        assert isinstance(answer, Answer) and (answer.providers["rerank"], answer.reasons["rerank"]) == (
            CPU,
            literal(HUNG),
        )
        assert answer.passages[0].rerank_score is not None
        assert StageMoved("rerank", CPU, literal(HUNG)) in talk.of(NEWS, StageMoved)


def test_the_check_runs_the_reader_leaves_it_out_where_there_is_none_and_tells_of_a_broken_one(
    tmp_path: Path, models: FakeModels
) -> None:
    with host(tmp_path / "data", models) as talk:
        assert list(_can_retry(talk.do(jobs.CheckStages()))) == ["embed", "generate"]
        models[READ].give(refusal=PackCorrupt("Its pack is damaged."))
        checks = talk.do(jobs.CheckStages())
        assert isinstance(checks, tuple)
        assert [(c.stage, c.provider, c.reason) for c in checks][1] == ("rerank", "", literal("Its pack is damaged."))
        models[READ].give(FakeReader())
        checks = talk.do(jobs.CheckStages())
        assert isinstance(checks, tuple)
        assert [(c.stage, c.provider, c.model) for c in checks][1] == ("rerank", QNN, "fake-reader")


def test_a_reader_whose_last_place_fails_in_the_check_is_told_of(tmp_path: Path, models: FakeModels) -> None:
    class LastTime(FakeReader):
        def read(
            self, question: str, texts: Sequence[tuple[str, str]], cancel: CancelToken | None = None
        ) -> list[Reading | None]:
            raise DeviceFailed(HUNG)

    models[READ].give(LastTime())
    with host(tmp_path / "data", models) as talk:
        checks = talk.do(jobs.CheckStages())
    assert isinstance(checks, tuple)
    assert [(c.stage, c.provider, c.reason) for c in checks][1] == ("rerank", "", literal(HUNG))


def test_a_device_that_failed_is_tried_again_when_the_person_asks(
    tmp_path: Path, folder: Path, models: FakeModels
) -> None:
    with host(tmp_path / "data", models) as talk:
        models[GENERATE].move(CPU)
        assert _can_retry(talk.do(jobs.CheckStages())) == {"embed": False, "generate": True}
        models.generator.reply = lambda messages: "Yes."
        assert _can_retry(talk.do(jobs.RetryDevices())) == {"embed": False, "generate": False}
        assert models.retried == 1
        assert talk.of(NEWS, StageMoved) == [], "what was opened anew has not moved"


def test_the_check_says_what_the_settings_come_to(tmp_path: Path, models: FakeModels) -> None:
    with host(tmp_path / "data", models) as talk:
        checking = talk.start(jobs.CheckStages())
        talk.value(checking)
        assert talk.of(checking, InEffect) == [InEffect(220, 7, 200, 64)]


def test_where_one_npu_holds_both_the_language_model_goes_in_first(tmp_path: Path, models: FakeModels) -> None:
    order: list[str] = []

    class Encoder(FakeEncoder):
        def encode_queries(self, texts: Sequence[str]) -> FloatArray:
            order.append("encoder")
            return super().encode_queries(texts)

    class Watched(FakeStage):
        @property
        def model(self) -> object:
            order.append("generator")
            return super().model

    for kind, first in (("npu", "generator"), ("cpu", "encoder")):
        order.clear()
        watched = FakeModels(Encoder(), kind=kind)  # type: ignore[arg-type]  # the words are those of the devices
        watched[GENERATE].__class__ = Watched
        with host(tmp_path / kind, watched) as talk:
            talk.do(jobs.CheckStages())
        assert order[0] == first


def test_an_engine_that_a_driver_ended_is_told_once_after_the_next_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    dying = (
        "import os, sys; from pathlib import Path; from rag_core.runtime.breaker import Breaker\n"
        f"with Breaker(Path(sys.argv[1])).at_work('{QNN}', 'generate'): os._exit(1)"
    )
    told = []
    for ends in (True, False, True, False):
        if ends:
            subprocess.run([sys.executable, "-c", dying, str(data / "devices.json")], check=False)
        with host(data) as talk:
            talk.do(jobs.CheckStages())
            told.append(talk.of(NEWS, DeviceCrashed))
    (first,), nothing, (second,), nothing_again = told
    assert not nothing and not nothing_again
    assert all("while the Snapdragon NPU was at work" in str(crash.reason) for crash in (first, second))
    assert not first.can_retry and "Should that happen again" in str(first.reason)
    assert second.can_retry and "The processor does that work now" in str(second.reason)


def _can_retry(checks: object) -> dict[str, bool]:
    assert isinstance(checks, tuple)
    found: Sequence[StageCheck] = checks
    return {check.stage: check.can_retry for check in found}
