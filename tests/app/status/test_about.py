"""What Alcove is made of: every part with its licence, and the text of it."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.status.about_controller import AboutController
from app.status.about_dialog import AboutDialog
from app.status.licences import LICENCES, Part, collect, licence_text
from app.status.stages_model import StagesModel
from rag_core.host.events import DeviceInfo, PackInfo
from rag_core.host.jobs import ListDevices, ListLibraries, ListPacks, LoadSettings
from rag_core.settings import Settings
from tests.app.fakes_engine import FakeEngine

PACK = PackInfo("smol", "llm", "SmolLM2", "Apache-2.0", "3", 98_000_000, "/p", True)


@pytest.fixture(scope="module")
def parts() -> tuple[Part, ...]:
    return collect()


def test_every_part_that_is_installed_names_its_licence(parts: tuple[Part, ...]) -> None:
    by_name = {part.name.lower(): part for part in parts}
    assert {"python", "numpy", "onnxruntime", "sqlcipher3", "lxml"} <= set(by_name)
    assert "pytest" not in by_name  # needed for tests alone
    assert not [name for name, part in by_name.items() if not part.licence]


def test_every_part_has_a_text(parts: tuple[Part, ...]) -> None:
    without = [part.name for part in parts if not licence_text(part) and part.name != "Python"]
    assert not without


def test_the_toolkit_comes_with_both_of_its_licences(parts: tuple[Part, ...]) -> None:
    qt = next(part for part in parts if part.name.lower().startswith("pyside6"))
    assert [path.name for path in qt.files] == ["LGPL-3.0.txt", "GPL-3.0.txt"]
    assert all((LICENCES / path.name).is_file() for path in qt.files)
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in licence_text(qt)


def test_fonts_that_are_shipped_come_with_their_licence(parts: tuple[Part, ...]) -> None:
    fonts = next(part for part in parts if part.licence == "OFL-1.1")
    assert "Copyright 2015 Google LLC" in licence_text(fonts) and "SIL OPEN FONT LICENSE" in licence_text(fonts)


def test_the_dialog_shows_the_text_of_the_chosen_part(qtbot: QtBot) -> None:
    engine = FakeEngine({ListPacks: (PACK,)})
    controller = AboutController(engine, StagesModel())
    dialog = AboutDialog(controller.model)
    qtbot.addWidget(dialog)
    dialog.opened.connect(controller.load)
    dialog.part_chosen.connect(controller.choose)
    dialog.show()
    qtbot.waitUntil(lambda: bool(controller.model.parts))
    dialog.tabs.setCurrentIndex(1)
    rows = [dialog._parts.item(row).text() for row in range(dialog._parts.count())]
    assert rows[0] == "SmolLM2"
    dialog._parts.setCurrentRow(rows.index("numpy"))
    text = dialog.findChildren(QPlainTextEdit)[0]
    qtbot.waitUntil(lambda: "NumPy" in text.toPlainText())
    controller.shutdown()


def test_diagnostics_are_copied_even_when_the_engine_fails(qtbot: QtBot) -> None:
    npu = DeviceInfo("Hexagon", "QNNExecutionProvider", "npu", "2.7.0", False, "Snapdragon X Elite", 0.31)
    engine = FakeEngine({ListPacks: (PACK,), LoadSettings: Settings(), ListDevices: (npu,)})
    controller = AboutController(engine, StagesModel())
    with qtbot.waitSignal(controller.noticed):
        controller.copy_diagnostics()
        engine.fail(ListLibraries, "The engine stopped.")
    text = QGuiApplication.clipboard().text()
    assert "The engine stopped." in text and "smol 3 (llm, 98 MB, in use)" in text
    assert "npu: Hexagon (QNNExecutionProvider 2.7.0, models for Snapdragon X Elite), 0.31 ms" in text
    controller.shutdown()
