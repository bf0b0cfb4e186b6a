"""The small icon asks, shows and quits, in the person's language."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QSystemTrayIcon, QWidget
from pytestqt.qtbot import QtBot

from app.kit.text import use_language
from app.shell.tray import Tray


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def tray(window: QWidget) -> Tray:
    return Tray(window)


def words(tray: Tray) -> list[str]:
    return [action.text() for action in tray.contextMenu().actions() if not action.isSeparator()]


def test_its_menu_says_what_the_person_wants(tray: Tray) -> None:
    said: list[str] = []
    tray.ask_requested.connect(lambda: said.append("ask"))
    tray.show_requested.connect(lambda: said.append("show"))
    tray.quit_requested.connect(lambda: said.append("quit"))
    for action in tray.contextMenu().actions():
        action.trigger()
    assert said == ["ask", "show", "quit"]


def test_a_click_on_it_shows_the_window_and_the_other_button_does_not(tray: Tray) -> None:
    shown: list[bool] = []
    tray.show_requested.connect(lambda: shown.append(True))
    for reason in (QSystemTrayIcon.ActivationReason.Context, QSystemTrayIcon.ActivationReason.Trigger):
        tray.activated.emit(reason)
    assert shown == [True]


def test_its_words_follow_the_language(tray: Tray) -> None:
    before = words(tray)
    use_language("ja")
    assert words(tray) and not set(words(tray)) & set(before)
    use_language("en")
    assert words(tray) == before == ["Ask a question", "Show Alcove", "Quit Alcove"]
