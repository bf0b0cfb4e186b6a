"""Libraries: chosen, named in place, deleted after a question."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.kit.confirm import ConfirmDialog
from app.kit.notices import Notice
from app.libraries.feature import LibrariesFeature
from rag_core.host.jobs import CreateLibrary, DeleteLibrary, ListLibraries, RenameLibrary
from rag_core.library.records import LibraryInfo, LibraryState
from tests.app.fakes_engine import FakeEngine


def info(name: str, documents: int = 0, state: LibraryState = "ready") -> LibraryInfo:
    return LibraryInfo(name, Path("/libraries") / name, documents, state=state)


class Desk:
    def __init__(self, qtbot: QtBot) -> None:
        self.engine = FakeEngine()
        self.feature = LibrariesFeature(self.engine)
        self.libraries, self.list = self.feature.controller, self.feature.list
        self.feature.setParent(self.list)  # the model must not go before the list that shows it
        qtbot.addWidget(self.list, before_close_func=self.shutdown)
        self.chosen: list[str] = []
        self.notices: list[Notice] = []
        self.libraries.library_chosen.connect(self.chosen.append)
        self.libraries.noticed.connect(self.notices.append)
        self.list.show()

    def shutdown(self, _list: object) -> None:
        self.libraries.shutdown()

    def load(self, *infos: LibraryInfo) -> None:
        self.libraries.refresh()
        self.engine.finish(ListLibraries, infos)


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot)


def test_choosing_waits_for_the_list_and_falls_back_to_the_first(desk: Desk) -> None:
    desk.libraries.choose("gone")
    assert desk.chosen == []
    desk.load(info("Broken", state="damaged"), info("Contracts", 128), info("Letters"))
    assert desk.chosen == ["Contracts"]
    desk.libraries.choose("Letters")
    assert desk.chosen[-1] == "Letters" and desk.list.list.currentIndex().data() == "Letters"


def test_a_library_that_cannot_be_opened_says_why(desk: Desk) -> None:
    desk.load(info("New", state="too_new"))
    desk.libraries.choose("New")
    assert desk.chosen == []
    assert "newer version" in desk.notices[0].advice


def test_a_bad_name_is_said_where_it_is_typed(desk: Desk, qtbot: QtBot) -> None:
    desk.load()
    desk.list.add_button.click()
    QTest.keyClicks(desk.list.name_field, "a/b")
    QTest.keyClick(desk.list.name_field, Qt.Key.Key_Return)
    desk.engine.fail(CreateLibrary, "“a/b” cannot be a name.", "Leave out the slash.")
    assert desk.list.problem.isVisible() and "Leave out the slash." in desk.list.problem.text()
    assert desk.list.name_field.isEnabled() and desk.notices == []
    desk.list.name_field.setText("Letters")
    QTest.keyClick(desk.list.name_field, Qt.Key.Key_Return)
    desk.engine.finish(CreateLibrary, info("Letters"))
    assert desk.chosen == ["Letters"] and desk.list.name_field.isHidden() and desk.list.problem.isHidden()


def test_f2_renames_the_library_on_the_screen(desk: Desk, qtbot: QtBot) -> None:
    desk.load(info("Contracts", 3), info("Letters"))
    desk.libraries.choose("Contracts")
    QTest.keyClick(desk.list.list, Qt.Key.Key_F2)
    assert desk.list.name_field.text() == "Contracts"
    desk.list.name_field.setText("Agreements")
    with qtbot.waitSignal(desk.libraries.library_renamed) as renamed:
        QTest.keyClick(desk.list.name_field, Qt.Key.Key_Return)
        desk.engine.finish(RenameLibrary, info("Agreements", 3))
    assert renamed.args == ["Contracts", "Agreements"]
    assert [known.name for known in desk.libraries.model.infos] == ["Agreements", "Letters"]
    assert desk.chosen[-1] == "Agreements"


def test_deleting_asks_with_name_and_number_and_chooses_another(desk: Desk, qtbot: QtBot) -> None:
    desk.load(info("Contracts", 128), info("Letters"))
    desk.libraries.choose("Contracts")
    QTest.keyClick(desk.list.list, Qt.Key.Key_Delete)
    dialog = desk.list.findChild(ConfirmDialog)
    assert dialog is not None
    asked = dialog.accessibleDescription()
    assert "Contracts" in asked and "128" in asked and "stay where they are" in asked
    dialog.action_button.click()
    desk.engine.finish(DeleteLibrary)
    assert desk.chosen[-1] == "Letters"
    assert desk.notices[-1].level == "success"


def test_a_fresh_list_keeps_the_choice_and_updates_counts(desk: Desk) -> None:
    desk.load(info("Contracts", 3), info("Letters"))
    desk.libraries.choose("Letters")
    desk.load(info("A new one"), info("Contracts", 4), info("Letters", 1, "unfinished"))
    assert desk.list.list.currentIndex().data() == "Letters"
    spoken = desk.list.list.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Letters, 1 document, Searchable by words; its meaning is still being learned."
    assert desk.chosen == ["Letters"]
