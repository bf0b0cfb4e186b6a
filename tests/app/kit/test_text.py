"""Words in the language in use, and the engine's sentences with their names and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QDate
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.kit.text import Translated, date_words, language, said_again, tr, tr_count, tr_message, use_language
from rag_core.ingest.formats.failures import needs_password
from rag_core.messages import literal


@pytest.fixture
def japanese(qapp: QApplication) -> Iterator[None]:
    use_language("ja")
    yield
    use_language("en")


class Greeting(Translated, QLabel):
    def __init__(self) -> None:
        super().__init__()
        self.retranslate()

    def retranslate(self) -> None:
        self.setText(tr("Settings"))


def test_an_unknown_language_is_english(qapp: QApplication) -> None:
    use_language("xx")
    assert language() == "en"
    assert tr("Settings") == "Settings"


def test_words_switch_live_deep_inside_a_window(qtbot: QtBot) -> None:
    window, inner = QWidget(), Greeting()
    qtbot.addWidget(window)
    QVBoxLayout(window).addWidget(inner)
    use_language("ja")
    assert inner.text() == "設定"
    use_language("en")
    assert inner.text() == "Settings"


def test_counts_choose_their_form_and_separate_thousands(qapp: QApplication) -> None:
    assert tr_count(1, "1 page", "{count} pages") == "1 page"
    assert tr_count(12000, "1 page", "{count} pages") == "12,000 pages"


def test_numbers_and_dates_are_those_of_the_language(qapp: QApplication) -> None:
    words, day = tr("{size} MB", size=1200), QDate(2026, 11, 21)
    assert (words, date_words(day)) == ("1,200 MB", "11/21/2026")
    use_language("de")
    assert (said_again(words), date_words(day)) == ("1.200 MB", "21.11.2026")
    use_language("en")


@pytest.mark.usefixtures("japanese")
def test_what_really_comes_from_the_core_is_said_in_the_language_in_use() -> None:
    error = needs_password(Path("Contract {a}.pdf"))
    assert tr_message(error.message) == "「Contract {a}.pdf」はパスワードで保護されています。"
    assert tr_message(error.whole) == f"{tr_message(error.message)}パスワードなしのコピーを保存して追加してください。"


@pytest.mark.usefixtures("japanese")
def test_what_comes_from_outside_stays_as_it_is() -> None:
    assert (
        tr_message(literal("Session lost (100 %).")) == tr_message("Session lost (100 %).") == "Session lost (100 %)."
    )


@pytest.mark.usefixtures("japanese")
def test_the_words_of_qt_itself_follow() -> None:
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "キャンセル"
    use_language("en")
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Cancel"
