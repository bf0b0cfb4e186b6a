"""The proof that nothing leaves the machine is measured, and never says more than was seen."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.engine.silence import NetworkRefused, NetworkWatch, WindowSilence, measure_window
from app.status.offline_dialog import OfflineDialog
from app.status.silence_model import Fact, SilenceModel
from app.status.status_controller import StatusController
from rag_core.host.events import SilenceReport
from rag_core.host.jobs import ProveSilence
from tests.app.fakes_engine import FakeEngine

SILENT = SilenceReport((11, 12), (), (), ())


def verdicts(facts: list[Fact]) -> list[str]:
    return [fact.verdict for fact in facts]


def visible_labels(dialog: OfflineDialog) -> list[QLabel]:
    return [label for label in dialog.findChildren(QLabel) if label.isVisible()]


def measured(model: SilenceModel, report: SilenceReport, qt_network: bool | None = False) -> None:
    model.begin()
    model.set_engine(SILENT)
    model.set_window(WindowSilence(report, qt_network, is_watched=True))


def test_an_attempt_to_reach_another_machine_is_refused_and_noted() -> None:
    watch = NetworkWatch()
    with pytest.raises(NetworkRefused):
        watch.judge("socket.getaddrinfo", ("example.org", 443, 0, 0, 0))
    with pytest.raises(NetworkRefused):
        watch.judge("socket.connect", (object(), ("192.0.2.1", 80)))
    assert watch.refused == ["socket.getaddrinfo example.org", "socket.connect 192.0.2.1:80"]


def test_what_stays_on_the_machine_is_let_through() -> None:
    watch = NetworkWatch()
    watch.judge("socket.connect", (object(), "/run/user/1000/bus"))
    watch.judge("open", ("file.txt", "r", 0))
    assert not watch.refused


def test_the_window_is_measured_for_real() -> None:
    found = measure_window(None)
    assert found.report.connections in ((), None)
    assert found.qt_network in (False, None)
    assert not found.is_watched
    assert "PySide6.QtNetwork" not in sys.modules


def test_silence_is_proven_only_when_both_were_measured() -> None:
    model = SilenceModel()
    model.begin()
    model.set_window(WindowSilence(SILENT, False, is_watched=True))
    assert not model.is_proven()
    model.set_engine(SILENT)
    assert model.is_proven()
    assert not model.is_checking
    assert model.checked_at is not None


def test_an_open_connection_is_no_silence() -> None:
    model = SilenceModel()
    measured(model, SilenceReport((1,), ("192.0.2.7:443",), (), ()))
    assert not model.is_proven()
    assert model.window_facts()[0] == Fact("no", "1 open network connection", "192.0.2.7:443")


def test_what_the_system_does_not_tell_is_not_claimed() -> None:
    model = SilenceModel()
    measured(model, SilenceReport((1,), None, (), ()), qt_network=None)
    assert verdicts(model.window_facts()) == ["unknown", "yes", "yes", "unknown"]
    assert "[?] This system does not tell which connections are open." in model.report()


def test_an_unwatched_process_does_not_say_that_nothing_was_tried() -> None:
    model = SilenceModel()
    model.set_window(WindowSilence(SILENT, False, is_watched=False))
    assert verdicts(model.window_facts())[1] == "unknown"


def test_an_engine_that_does_not_answer_proves_nothing(qtbot: QtBot) -> None:
    engine = FakeEngine()
    controller = StatusController(engine)
    controller.prove_silence()
    engine.fail(ProveSilence, "The engine stopped.")
    qtbot.waitUntil(lambda: not controller.silence.is_checking)
    assert not controller.silence.is_proven()
    assert controller.silence.engine_facts() == [Fact("unknown", "The engine stopped.")]
    controller.shutdown()


def test_the_dialog_measures_when_it_is_shown_and_copies_the_report(qtbot: QtBot) -> None:
    engine = FakeEngine({ProveSilence: SILENT})
    controller = StatusController(engine)
    dialog = OfflineDialog(controller.silence)
    qtbot.addWidget(dialog)
    dialog.opened.connect(controller.prove_silence)
    dialog.show()
    qtbot.waitUntil(lambda: controller.silence.checked_at is not None)
    copy = next(button for button in dialog.findChildren(QPushButton) if button.text() == "Copy report")
    copy.click()
    text = QGuiApplication.clipboard().text()
    assert "No open network connection." in text and "The window" in text
    assert copy.text() == "Copied"
    qtbot.waitUntil(lambda: any(label.text() == "The window" for label in visible_labels(dialog)))
    controller.shutdown()
