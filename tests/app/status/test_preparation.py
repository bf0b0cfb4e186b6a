"""Models are made ready for a real NPU by themselves, visibly; nothing happens unasked anywhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.kit.notices import Notice
from app.status.npu_section import NpuSection
from app.status.preparation_bar import PreparationBar
from app.status.preparation_controller import PreparationController
from app.status.stages_model import StagesModel
from rag_core.host.events import NpuState, StageCheck
from rag_core.host.jobs import CheckNpu, PrepareNpu
from rag_core.messages import literal
from rag_core.progress import Progress
from tests.app.fakes_engine import FakeEngine

CHIP = "Snapdragon X Elite"
MISSING = NpuState(
    CHIP, missing=("SmolLM2",), reason=literal("“SmolLM2” was prepared for another chip."), can_prepare=True
)
READY = NpuState(CHIP, can_prepare=True)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def controller(engine: FakeEngine) -> Iterator[PreparationController]:
    made = PreparationController(engine)
    made.look()
    yield made
    made.shutdown()


@pytest.fixture
def bar(controller: PreparationController, qtbot: QtBot) -> PreparationBar:
    made = PreparationBar(controller.model)
    qtbot.addWidget(made)
    return made


@pytest.fixture
def section(controller: PreparationController, qtbot: QtBot) -> NpuSection:
    made = NpuSection(StagesModel(controller), controller.model)
    qtbot.addWidget(made)
    return made


def test_a_real_npu_gets_its_models_without_being_asked(
    qtbot: QtBot, engine: FakeEngine, controller: PreparationController, bar: PreparationBar
) -> None:
    told: list[Notice] = []
    controller.noticed.connect(told.append)
    assert bar.isHidden()
    engine.finish(CheckNpu, MISSING)
    engine.send(PrepareNpu, Progress("compile", 3, 12, "graphs"))
    assert not bar.isHidden()
    bar.resize(600, 36)
    assert bar.text.whole_text == "Preparing the models for the NPU… 3 of 12"
    bar.resize(160, 36)
    assert bar.text.whole_text == "NPU: 3 of 12"
    with qtbot.waitSignal(controller.prepared):
        engine.finish(PrepareNpu, READY)
    assert bar.isHidden()
    assert [notice.text for notice in told] == ["The models are ready for the NPU."]


@pytest.mark.parametrize(
    "state",
    [
        NpuState(),
        READY,
        NpuState(CHIP, emulated=True, missing=("SmolLM2",), can_prepare=True),
        NpuState(CHIP, missing=("SmolLM2",), reason=literal("There is not enough room on the disk.")),
    ],
)
def test_nothing_is_begun_where_there_is_nothing_to_do(
    engine: FakeEngine, controller: PreparationController, bar: PreparationBar, state: NpuState
) -> None:
    engine.finish(CheckNpu, state)
    assert not engine.running(PrepareNpu)
    assert bar.isHidden()


def test_who_stops_it_is_left_in_peace_and_can_begin_it_again(
    engine: FakeEngine, controller: PreparationController, bar: PreparationBar, section: NpuSection
) -> None:
    bar.stop_requested.connect(controller.stop)
    section.preparation_requested.connect(controller.prepare)
    engine.finish(CheckNpu, MISSING)
    bar.stop_button.click()
    engine.finish(CheckNpu, MISSING)
    assert not engine.running(PrepareNpu)
    assert bar.isHidden() and not section.prepare_button.isHidden()
    section.prepare_button.click()
    assert engine.running(PrepareNpu)


def test_the_end_of_the_program_stops_it_and_begins_nothing(
    engine: FakeEngine, controller: PreparationController
) -> None:
    engine.finish(CheckNpu, MISSING)
    controller.shutdown()
    assert [handle for handle in engine.started if handle.is_running] == []


def test_a_failure_is_told_once_and_not_tried_again_by_itself(
    engine: FakeEngine, controller: PreparationController, section: NpuSection
) -> None:
    told: list[Notice] = []
    controller.noticed.connect(told.append)
    engine.finish(CheckNpu, MISSING)
    engine.fail(PrepareNpu, "The compiler refused the graph.")
    assert controller.model.status.reason == literal("The compiler refused the graph.")
    assert not section.prepare_button.isHidden()
    controller.look()
    engine.finish(CheckNpu, MISSING)
    assert not engine.running(PrepareNpu)
    assert len(told) == 1
    controller.prepare()
    engine.finish(PrepareNpu, READY)
    assert [notice.level for notice in told] == ["error", "success"]
    assert told[0].topic and told[0].topic == told[1].topic, "the failure is not true any more"


def test_the_section_is_there_only_where_something_is_to_be_said(
    engine: FakeEngine, controller: PreparationController, qtbot: QtBot
) -> None:
    stages = StagesModel(controller)
    section = NpuSection(stages, controller.model)
    qtbot.addWidget(section)
    engine.finish(CheckNpu, NpuState())
    assert section.isHidden()
    stages.set_checks(
        (StageCheck("embed", "CPUExecutionProvider", "", "auto", literal("It failed before."), can_retry=True),)
    )
    assert not section.isHidden() and not section.retry_button.isHidden()
    with qtbot.waitSignal(section.retry_requested):
        section.retry_button.click()
