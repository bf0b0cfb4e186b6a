"""The badge tells where the models really ran, and warns when that is not what was asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.kit.notices import Notice
from app.status.badges import StageBadge
from app.status.preparation_model import PreparationModel
from app.status.stages_dialog import StagesDialog
from app.status.stages_model import StagesModel, is_elsewhere, precision_name, reason_text
from app.status.status_controller import StatusController
from rag_core.host.events import DeviceCrashed, StageCheck, StageMoved
from rag_core.host.jobs import CheckStages, RetryDevices
from rag_core.messages import literal
from rag_core.settings import InEffect
from tests.app.fakes_engine import FakeEngine

CPU, QNN = "CPUExecutionProvider", "QNNExecutionProvider"
EMBED = StageCheck("embed", CPU, "Intel NPU Ultra AI", "auto", literal(""), "all-minilm", 12.0)
WRITE = StageCheck("generate", CPU, "the processor (CPU)", "auto", literal(""), "smollm2", 800.0)


def badge_of(*checks: StageCheck) -> tuple[str, bool]:
    model = StagesModel()
    model.set_checks(checks)
    badge = model.summary()
    return badge.text, badge.is_warning


def test_the_name_of_the_processor_says_nothing() -> None:
    assert badge_of(EMBED, WRITE) == ("Processor", False)


def test_stages_on_different_units_are_both_named() -> None:
    assert badge_of(replace(EMBED, provider=QNN, device="Hexagon"), WRITE) == ("NPU + Processor", False)


def test_an_npu_that_was_asked_for_and_not_used_is_a_warning() -> None:
    assert badge_of(replace(EMBED, requested="npu"), WRITE) == ("Processor", True)


def test_an_emulated_npu_is_not_sold_as_one() -> None:
    emulated = replace(EMBED, provider=QNN, device="the Snapdragon NPU, emulated", requested="npu")
    assert badge_of(emulated) == ("NPU (emulated)", True)


def test_a_stage_that_cannot_run_needs_attention() -> None:
    assert badge_of(EMBED, replace(WRITE, provider="", reason=literal("No model is installed."))) == (
        "Needs attention",
        True,
    )


@pytest.mark.parametrize(
    ("requested", "elsewhere"), [("auto", False), ("", False), ("cpu", False), ("QNNExecutionProvider", True)]
)
def test_automatic_asks_for_nothing_in_particular(requested: str, elsewhere: bool) -> None:
    assert is_elsewhere(replace(EMBED, requested=requested)) is elsewhere


@pytest.mark.parametrize(
    ("precision", "words"),
    [("", ""), ("fp16", "16-bit numbers"), ("int4 and int8", "4/8-bit numbers"), ("mixed", "mixed")],
)
def test_how_exactly_it_computes_is_said_in_words(precision: str, words: str) -> None:
    assert precision_name(replace(EMBED, precision=precision)) == words


def test_a_reason_is_always_given_when_it_runs_elsewhere() -> None:
    assert "asked for" in reason_text(replace(EMBED, requested="npu"))
    assert reason_text(EMBED) == ""


def test_the_check_waits_after_the_start_and_is_made_once(qtbot: QtBot) -> None:
    engine = FakeEngine()
    controller = StatusController(engine, delay_ms=1)
    engine.engine_ready.emit()
    assert not engine.started
    qtbot.waitUntil(lambda: bool(engine.running(CheckStages)))
    controller.check_stages()
    assert len(engine.started) == 1
    assert controller.stages.summary().text == "Checking…"
    engine.finish(CheckStages, (EMBED, WRITE))
    assert controller.stages.summary().text == "Processor"
    controller.shutdown()


def test_an_answer_that_ran_elsewhere_changes_the_badge(qtbot: QtBot) -> None:
    model = StagesModel()
    badge = StageBadge(model, PreparationModel())
    qtbot.addWidget(badge)
    model.set_checks((replace(EMBED, provider=QNN, requested="npu"), WRITE))
    model.take_providers({"embed": CPU, "generate": CPU})
    assert badge.text() == "Processor"
    assert model.summary().is_warning
    assert "Finding by meaning: Processor" in badge.toolTip()


def test_a_stage_that_moves_changes_the_badge_and_another_try_is_offered(qtbot: QtBot) -> None:
    engine = FakeEngine()
    controller = StatusController(engine)
    told: list[Notice] = []
    controller.noticed.connect(told.append)
    controller.stages.set_checks((replace(EMBED, provider=QNN), replace(WRITE, provider=QNN)))
    assert controller.stages.summary().text == "NPU"
    engine.news_received.emit(StageMoved("generate", CPU, literal("The NPU did not answer.")))
    assert (controller.stages.summary().text, controller.stages.summary().is_warning) == ("NPU + Processor", True)
    assert [check.can_retry for check in controller.stages.checks] == [False, True]
    (notice,) = told
    assert notice.text == "“Writing answers” continues on the processor."
    assert notice.action is not None
    notice.action()
    engine.finish(RetryDevices, (replace(EMBED, provider=QNN), replace(WRITE, provider=QNN)))
    assert controller.stages.summary().text == "NPU"
    assert [check.can_retry for check in controller.stages.checks] == [False, False]
    assert [news.text for news in told[1:]] == ["“Writing answers” runs on the NPU again."]
    assert told[1].topic == notice.topic, "the first words are not true any more"
    controller.shutdown()


def test_another_try_waits_for_the_check_that_is_on_its_way(qtbot: QtBot) -> None:
    engine = FakeEngine()
    controller = StatusController(engine)
    controller.check_stages()
    controller.retry_devices()
    assert not engine.running(RetryDevices)
    engine.finish(CheckStages, (EMBED, WRITE))
    assert len(engine.running(RetryDevices)) == 1
    with qtbot.waitSignal(controller.checked):
        engine.finish(RetryDevices, (EMBED, WRITE))
    assert len(engine.started) == 2
    controller.shutdown()


def test_a_driver_that_ended_the_engine_is_told(qtbot: QtBot) -> None:
    engine = FakeEngine()
    controller = StatusController(engine)
    with qtbot.waitSignal(controller.noticed) as told:
        engine.news_received.emit(DeviceCrashed(literal("The engine ended unexpectedly.")))
    assert told.args is not None and told.args[0].text == "The engine ended unexpectedly."
    assert told.args[0].action is None
    with qtbot.waitSignal(controller.noticed) as told:
        engine.news_received.emit(DeviceCrashed(literal("It ended again."), can_retry=True))
    assert told.args is not None
    told.args[0].action()
    assert engine.running(RetryDevices)
    controller.shutdown()


def test_what_the_settings_come_to_is_passed_on(qtbot: QtBot) -> None:
    engine = FakeEngine()
    controller = StatusController(engine)
    controller.check_stages()
    with qtbot.waitSignal(controller.in_effect_known) as known:
        engine.send(CheckStages, InEffect(220, 7, 60, 48))
    assert known.args == [InEffect(220, 7, 60, 48)]
    engine.finish(CheckStages, (EMBED, WRITE))
    controller.shutdown()


def test_an_answer_tells_before_any_check() -> None:
    model = StagesModel()
    model.take_providers({"embed": CPU})
    assert model.summary().text == "Processor"


def test_the_reader_stands_between_finding_and_writing() -> None:
    model = StagesModel()
    model.set_checks((EMBED, WRITE))
    model.take_providers({"embed": CPU, "generate": CPU, "rerank": QNN})
    assert [check.stage for check in model.checks] == ["embed", "rerank", "generate"]
    assert (
        model.summary().explanation
        == "Finding by meaning: Processor; Reading passages: NPU; Writing answers: Processor"
    )


def test_a_failed_check_keeps_what_was_known_and_says_so(qtbot: QtBot) -> None:
    engine = FakeEngine()
    controller = StatusController(engine)
    dialog = StagesDialog(controller.stages, PreparationModel())
    qtbot.addWidget(dialog)
    controller.check_stages()
    engine.fail(CheckStages, "There is no library yet.")
    assert controller.stages.summary().is_warning
    assert any(label.text() == "There is no library yet." for label in dialog.findChildren(QLabel))
    controller.check_stages()
    engine.finish(CheckStages, (EMBED, WRITE))
    shown = [label.text() for label in dialog.findChildren(QLabel) if not label.isHidden()]
    assert "12 ms" in shown and "Writing answers" in shown
    controller.shutdown()
