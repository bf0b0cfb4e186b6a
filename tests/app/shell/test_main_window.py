"""The frame of the window: room, drops, notices, keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.kit.notices import Notice
from app.kit.text import use_language
from app.shell.actions import shortcuts
from app.shell.main_window import MainWindow
from app.shell.notice_bar import NoticeBar
from app.shell.shortcuts_dialog import ShortcutsDialog


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    made = MainWindow()
    qtbot.addWidget(made)
    made.place_side(QLineEdit(), QLineEdit())
    made.add_page("conversation", QPlainTextEdit())
    made.add_page("documents", QLineEdit())
    made.place_source(QPlainTextEdit())
    made.place_bottom([QLabel()], [QPushButton()])
    made.remember(b"", 264, 460, is_side_collapsed=False)
    made.resize(1440, 900)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    yield made
    made.shutdown()


# Room


def test_on_a_wide_window_all_three_panes_stand_side_by_side(window: MainWindow) -> None:
    window.show_source()
    assert window.side.isVisible() and window.middle.isVisible() and window.source.isVisible()


def test_on_a_narrow_window_the_sidebar_gives_way_to_the_source_and_comes_back(window: MainWindow) -> None:
    window.resize(1024, 700)
    width = window.side.width()
    window.show_source()
    assert not window.side.isVisible() and window.rail.isVisible()
    assert window.middle.width() >= 440 and window.source.width() >= 340
    window.hide_source()
    assert window.side.isVisible() and not window.rail.isVisible()
    assert abs(window.side.width() - width) <= 2


def test_a_sidebar_that_was_hidden_stays_hidden(window: MainWindow) -> None:
    window.actions_by_name["toggle_side"].trigger()
    window.show_source()
    window.hide_source()
    assert not window.side.isVisible() and window.is_side_collapsed


def test_asking_for_the_sidebar_on_a_narrow_window_makes_room_for_it(window: MainWindow) -> None:
    window.resize(1024, 700)
    window.show_source()
    window.toggle_side()
    assert window.side.isVisible() and not window.source.isVisible()


def test_the_source_comes_back_as_wide_as_it_was(window: MainWindow) -> None:
    window.show_source()
    width = window.source_width
    window.hide_source()
    assert window.source_width == width
    window.show_source()
    assert abs(window.source.width() - width) <= 2


def test_a_remembered_place_that_makes_no_sense_costs_nothing(window: MainWindow) -> None:
    window.remember(b"no geometry", 9000, 3, is_side_collapsed=False)
    assert window.middle.width() >= 440


# Keys


def test_escape_closes_the_source_and_then_stops_the_answer(window: MainWindow, qtbot: QtBot) -> None:
    window.show_source()
    with qtbot.waitSignal(window.source_closed), qtbot.assertNotEmitted(window.stop_requested):
        QTest.keyClick(window, Qt.Key.Key_Escape)
    with qtbot.waitSignal(window.stop_requested):
        QTest.keyClick(window, Qt.Key.Key_Escape)


def test_f6_goes_round_the_panes_that_can_be_seen(window: MainWindow) -> None:
    window.show_source()
    visited = []
    for _ in range(4):
        window.cycle_panes()
        focused = window.focusWidget()
        assert focused is not None
        panes = (window.side, window.middle, window.source, window.bar)
        visited.append(next(n for n, pane in enumerate(panes) if pane.isAncestorOf(focused)))
    assert sorted(visited) == [0, 1, 2, 3]


def test_no_two_shortcuts_share_their_keys() -> None:
    keys = [key for row in shortcuts() for key in row.keys]
    assert len(keys) == len(set(keys))


def test_the_cheat_sheet_names_every_shortcut(qtbot: QtBot) -> None:
    dialog = ShortcutsDialog()
    qtbot.addWidget(dialog)
    shown = {label.text() for label in dialog.findChildren(QLabel)}
    assert {row.label for row in shortcuts()} <= shown


# Dropping


def _files(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def _enter(window: MainWindow, data: QMimeData) -> None:
    event = QDragEnterEvent(
        QPoint(500, 300),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QCoreApplication.sendEvent(window.windowHandle(), event)


def _drop(window: MainWindow, data: QMimeData) -> None:
    event = QDropEvent(
        QPointF(500, 300),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QCoreApplication.sendEvent(window.overlay, event)


def test_files_can_be_dropped_anywhere_also_over_a_text_field(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window.set_library("Contracts")
    data = _files(tmp_path / "a.pdf", tmp_path)
    data.setUrls([*data.urls(), QUrl("https://example.org/x.pdf")])
    _enter(window, data)
    assert window.overlay.isVisible() and window.overlay.geometry() == window.rect()
    assert "Contracts" in window.overlay.accessibleName()
    with qtbot.waitSignal(window.paths_dropped) as dropped:
        _drop(window, data)
    assert dropped.args == [[tmp_path / "a.pdf", tmp_path]]
    assert not window.overlay.isVisible()


def test_dragged_words_are_left_to_the_field_under_the_pointer(window: MainWindow) -> None:
    data = QMimeData()
    data.setText("words")
    _enter(window, data)
    assert not window.overlay.isVisible()


# Notices


def test_notices_wait_their_turn_and_never_take_the_focus(window: MainWindow) -> None:
    window.focus_content()
    focused = window.focusWidget()
    for text in ("first", "second", "first"):
        window.notices.show_notice(Notice("warning", text, lasting=True))
    assert window.focusWidget() is focused
    shown = []
    while window.notices.notice is not None:
        shown.append(window.notices.notice.text)
        window.notices.close_notice()
    assert shown == ["first", "second"]


def test_the_same_words_with_a_button_take_the_place_of_those_without(window: MainWindow) -> None:
    window.notices.show_notice(Notice("warning", "It stopped."))
    window.notices.show_notice(Notice("error", "It stopped.", action_label="Go on", action=lambda: None, lasting=True))
    window.notices.show_notice(Notice("warning", "It stopped."))
    assert window.notices.notice is not None and window.notices.notice.action_label == "Go on"
    window.notices.close_notice()
    assert window.notices.notice is None


def test_news_of_a_topic_takes_the_place_of_what_is_out_of_date(window: MainWindow) -> None:
    for notice in (
        Notice("info", "Saved.", lasting=True),
        Notice("warning", "It was started again.", topic="engine", lasting=True),
        Notice("error", "It keeps stopping.", topic="engine", lasting=True),
    ):
        window.notices.show_notice(notice)
    shown = []
    while window.notices.notice is not None:
        shown.append(window.notices.notice.text)
        window.notices.close_notice()
    assert shown == ["Saved.", "It keeps stopping."]
    window.notices.show_notice(Notice("warning", "It was started again.", topic="engine", lasting=True))
    window.notices.show_notice(Notice("error", "It keeps stopping.", topic="engine", lasting=True))
    assert _text_shown(window) == "It keeps stopping."


def _text_shown(window: MainWindow) -> str:
    return window.notices.notice.text if window.notices.notice else ""


def test_the_button_of_a_notice_acts_once_and_closes_it(qtbot: QtBot) -> None:
    bar = NoticeBar()
    qtbot.addWidget(bar)
    bar.show()
    acted: list[int] = []
    bar.show_notice(Notice("error", "It stopped.", action_label="Start again", action=lambda: acted.append(1)))
    button = next(button for button in bar.findChildren(QPushButton) if button.text() == "Start again")
    button.click()
    assert acted == [1] and bar.notice is None
    bar.shutdown()


def test_a_notice_is_said_to_screen_readers(qtbot: QtBot) -> None:
    bar = NoticeBar()
    qtbot.addWidget(bar)
    with qtbot.waitSignal(bar.shown) as said:
        bar.show_notice(Notice("info", "Done.", "Ask now."))
    assert said.args == ["Done. Ask now."]
    bar.shutdown()


# The rest


def test_the_title_names_the_library(window: MainWindow) -> None:
    window.set_library("Contracts")
    assert window.windowTitle() == "Contracts – Alcove"
    window.set_library("")
    assert window.windowTitle() == "Alcove"


def test_with_the_tray_icon_closing_only_hides(window: MainWindow, qtbot: QtBot) -> None:
    window.hides_on_close = True
    with qtbot.assertNotEmitted(window.closed):
        window.close()
    assert not window.isVisible()
    window.come_up()
    window.hides_on_close = False
    with qtbot.waitSignal(window.closed):
        window.close()


def test_every_button_has_a_name_in_every_language(window: MainWindow) -> None:
    for code in ("ja", "en"):
        use_language(code)
        buttons = window.side.findChildren(QPushButton) + window.rail.findChildren(QPushButton)
        assert all(button.text() or button.accessibleName() for button in buttons)
