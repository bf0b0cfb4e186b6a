"""The settings dialog: every control says what the person wants, and shows what is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from app.kit.confirm import ConfirmDialog
from app.kit.form import ChoiceBox
from app.kit.text import use_language
from app.settings.packs_model import PackCheck, PacksModel
from app.settings.settings_dialog import SettingsDialog
from app.settings.settings_model import SettingsModel
from rag_core.host.events import PackInfo
from rag_core.library.records import LibrarySettings
from rag_core.settings import InEffect, Settings, setting

PACKS = (
    PackInfo("mini", "embedder", "MiniLM", "Apache-2.0", "3", 23_400_000, "/p/mini", True),
    PackInfo("e5", "embedder", "E5 small", "MIT", "1", 118_000_000, "/p/e5", False),
    PackInfo("smol", "llm", "SmolLM2", "Apache-2.0", "3", 98_000_000, "/p/smol", True),
)


@pytest.fixture
def dialog(qtbot: QtBot) -> SettingsDialog:
    model, packs = SettingsModel(), PacksModel()
    model.set_library("Contracts", LibrarySettings())
    packs.set_packs(PACKS)
    made = SettingsDialog(model, packs)
    made.setProperty("packs", packs)
    qtbot.addWidget(made)
    made.show()
    return made


def button(parent: QWidget, name: str) -> QPushButton:
    return next(
        b for b in parent.findChildren(QPushButton) if name in (b.text(), b.accessibleName()) and not b.isHidden()
    )


def choose(box: ChoiceBox, text: str) -> None:
    """As a person does it: the list's line is activated."""
    row = box.findText(text)
    assert row >= 0, [box.itemText(i) for i in range(box.count())]
    box.setCurrentIndex(row)
    box.activated.emit(row)


def box(parent: QWidget, name: str) -> ChoiceBox:
    return next(b for b in parent.findChildren(ChoiceBox) if b.accessibleName() == name)


def test_a_choice_in_plain_words_becomes_a_setting(qtbot: QtBot, dialog: SettingsDialog) -> None:
    with qtbot.waitSignal(dialog.settings_changed) as changed:
        choose(box(dialog.answers, "When to answer"), "Answer only when sure")
    assert changed.args == [Settings(relevance_threshold=0.8)]


def test_a_value_from_the_file_that_is_no_choice_is_shown_and_kept(dialog: SettingsDialog) -> None:
    dialog._model.set_settings(Settings(relevance_threshold=0.42))
    assert box(dialog.answers, "When to answer").currentText() == "Own value: 0.42"


def test_what_is_left_to_alcove_is_shown_with_what_it_comes_to(qtbot: QtBot, dialog: SettingsDialog) -> None:
    passages = next(spin for spin in dialog.answers.findChildren(QSpinBox))
    assert passages.text() == "Automatic"
    assert box(dialog.library, "Length of a passage").currentText() == "As for all (Automatic)"
    dialog._model.set_in_effect(InEffect(220, 7, 60, 48))
    assert passages.text() == "Automatic (7)"
    assert box(dialog.library, "Length of a passage").currentText() == "As for all (Long: more context)"
    assert next(spin for spin in dialog.library.findChildren(QSpinBox)).text() == "As for all (7)"
    with qtbot.waitSignal(dialog.settings_changed) as changed:
        passages.setValue(3)
    assert changed.args == [Settings(top_k=3)]


def test_showing_settings_changes_none(qtbot: QtBot, dialog: SettingsDialog) -> None:
    with qtbot.assertNotEmitted(dialog.settings_changed), qtbot.assertNotEmitted(dialog.library.values_changed):
        dialog._model.set_settings(Settings(top_k=9, threads=3, execution_provider="npu"))
        dialog._model.set_library("Other", LibrarySettings({"top_k": 2, "chunk_tokens": 120}))
        use_language("ja")
        use_language("en")
    assert box(dialog.place, "Run the models on").currentText() == "Only on the NPU"


def test_another_model_is_chosen(qtbot: QtBot, dialog: SettingsDialog) -> None:
    with qtbot.waitSignal(dialog.settings_changed) as changed:
        button(dialog.models, "Use this one: E5 small").click()
    assert changed.args == [Settings(embedder="e5")]


def test_a_reader_that_is_missing_can_be_prepared(qtbot: QtBot, dialog: SettingsDialog) -> None:
    packs: PacksModel = dialog.property("packs")
    with qtbot.waitSignal(dialog.models.preparation_requested):
        button(dialog.models, "Prepare the reader").click()
    packs.begin_import("")
    assert not button(dialog.models, "Prepare the reader").isEnabled()
    assert any(label.text() == "Preparing the models" for label in dialog.models.findChildren(QLabel))
    packs.end_import()
    mine = PackInfo("minilm-reader", "reader", "Reader", "Apache-2.0", "1", 60_000_000, "/p/reader", True)
    packs.set_packs((*PACKS, mine, replace(mine, pack_id="other", title="Other", in_use=False)))
    assert not any(b.text() == "Prepare the reader" for b in dialog.models.findChildren(QPushButton) if b.isVisible())
    with qtbot.waitSignal(dialog.settings_changed) as changed:
        button(dialog.models, "Use this one: Other").click()
    assert changed.args == [Settings(reader="other")]


def test_checking_a_model_shows_the_result_and_keeps_the_focus(qtbot: QtBot, dialog: SettingsDialog) -> None:
    packs: PacksModel = dialog.property("packs")
    with qtbot.waitSignal(dialog.models.check_requested) as asked:
        button(dialog.models, "Check the files: MiniLM").click()
    assert asked.args == ["mini"]
    packs.set_check("mini", PackCheck())
    assert not button(dialog.models, "Checking…: MiniLM").isEnabled()
    packs.set_check("mini", PackCheck(False, True))
    shown = [label.text() for label in dialog.models.findChildren(QLabel) if not label.isHidden()]
    assert "Every file is as it should be." in shown


def test_a_library_can_go_back_to_the_general_value(qtbot: QtBot, dialog: SettingsDialog) -> None:
    dialog._model.set_library("Contracts", LibrarySettings({"relevance_threshold": 0.8, "top_k": 4}))
    with qtbot.waitSignal(dialog.library.values_changed) as changed:
        choose(box(dialog.library, "When to answer"), "As for all (Balanced)")
    assert changed.args == [LibrarySettings({"top_k": 4})]
    number = next(spin for spin in dialog.library.findChildren(QSpinBox))
    with qtbot.waitSignal(dialog.library.values_changed) as changed:
        number.setValue(0)
    assert changed.args == [LibrarySettings({"relevance_threshold": 0.8})]


def test_language_and_theme_are_chosen(qtbot: QtBot, dialog: SettingsDialog) -> None:
    with qtbot.waitSignal(dialog.look.language_chosen) as language:
        choose(box(dialog.look, "Language"), "日本語")
    with qtbot.waitSignal(dialog.look.theme_chosen) as theme:
        choose(box(dialog.look, "Theme"), "Dark")
    assert (language.args, theme.args) == (["ja"], ["dark"])


def test_deleting_conversations_asks_first(qtbot: QtBot, dialog: SettingsDialog) -> None:
    dialog.show_page("privacy")
    with qtbot.assertNotEmitted(dialog.privacy.conversations_deletion_confirmed):
        button(dialog.privacy, "Delete all conversations…").click()
        dialog.privacy.findChildren(ConfirmDialog)[0].cancel_button.click()
    qtbot.waitUntil(lambda: not dialog.privacy.findChildren(ConfirmDialog))
    button(dialog.privacy, "Delete all conversations…").click()
    with qtbot.waitSignal(dialog.privacy.conversations_deletion_confirmed):
        dialog.privacy.findChildren(ConfirmDialog)[0].action_button.click()


def test_damaged_settings_can_be_given_up(qtbot: QtBot, dialog: SettingsDialog) -> None:
    assert not any(b.isVisible() for b in dialog.findChildren(QPushButton) if b.text() == "Go back to the defaults")
    dialog._model.set_problem("The settings file cannot be read.")
    with qtbot.waitSignal(dialog.defaults_requested):
        button(dialog, "Go back to the defaults").click()


def test_every_control_has_a_name_and_can_be_hit(qtbot: QtBot, dialog: SettingsDialog) -> None:
    dialog._model.set_data(Path("/home/anna/data"), 5)
    for name in ("models", "place", "answers", "library", "look", "data", "privacy"):
        dialog.show_page(name)
        for kind in (QPushButton, QComboBox, QSpinBox):
            for control in dialog.findChildren(kind):
                if control.isVisible():
                    assert control.accessibleName() or control.property("text"), (name, control)
                    assert control.height() >= 28, (name, control, control.height())


@dataclass(frozen=True, slots=True)
class SettingsOfTomorrow(Settings):
    patience: int = setting(3, least=1, most=9, per_library=True, page="answers")
    manner: str = setting("plain", choices=("plain", "formal"), page="answers")


def test_a_setting_that_is_only_declared_can_be_set(qtbot: QtBot) -> None:
    """Nobody wrote a row for it, nor words: it goes by its own name."""
    model = SettingsModel()
    model.set_settings(SettingsOfTomorrow())
    model.set_library("Contracts", LibrarySettings())
    dialog = SettingsDialog(model, PacksModel())
    qtbot.addWidget(dialog)
    with qtbot.waitSignal(dialog.settings_changed) as changed:
        choose(box(dialog.answers, "manner"), "formal")
    assert changed.args == [SettingsOfTomorrow(manner="formal")]
    patience = next(b for b in dialog.answers.findChildren(QSpinBox) if b.accessibleName() == "patience")
    assert (patience.minimum(), patience.value(), patience.maximum()) == (1, 3, 9)
    own = next(b for b in dialog.library.findChildren(QSpinBox) if b.accessibleName() == "patience")
    assert own.text() == "As for all (3)"
    with qtbot.waitSignal(dialog.library.values_changed) as changed:
        own.setValue(5)
    assert changed.args == [LibrarySettings({"patience": 5})]
