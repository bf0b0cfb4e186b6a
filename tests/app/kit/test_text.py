"""Words in the language in use, and the engine's sentences with their names and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.kit.text import Translated, language, tr, tr_count, tr_message, use_language
from rag_core.errors import PackCorrupt
from rag_core.ingest.formats.failures import needs_password


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


@pytest.mark.usefixtures("japanese")
def test_a_sentence_of_the_engine_keeps_its_values() -> None:
    assert tr_message("The file “model.onnx” of the pack “all-minilm” is missing.") == (
        "モデル「all-minilm」のファイル「model.onnx」がありません。"
    )


@pytest.mark.usefixtures("japanese")
def test_what_really_comes_from_the_engine_is_translated() -> None:
    error = needs_password(Path("Contract (final).pdf"))
    assert tr_message(error.message) == "「Contract (final).pdf」はパスワードで保護されています。"
    assert tr_message(error.advice) == "パスワードなしのコピーを保存して追加してください。"


@pytest.mark.usefixtures("japanese")
def test_several_sentences_are_translated_one_by_one() -> None:
    error = PackCorrupt("There is not enough memory for this.", "Close other programs and try again.")
    assert tr_message(str(error)) == "メモリが足りません。ほかのプログラムを閉じてから、もう一度お試しください。"


@pytest.mark.usefixtures("japanese")
def test_a_sentence_inside_a_sentence_is_translated_too() -> None:
    said = "The model “SmolLM2” cannot run on “npu”. “SmolLM2” has not been prepared for Snapdragon X Elite yet."
    assert tr_message(said) == (
        "モデル「SmolLM2」は「npu」では動きません。「SmolLM2」はまだ Snapdragon X Elite 用に準備されていません。"
    )


@pytest.mark.usefixtures("japanese")
def test_what_a_driver_said_is_set_apart_from_the_sentence_after_it() -> None:
    said = tr_message("The NPU failed in the graph “step”: Session lost. Now the processor (CPU) is used.")
    assert "Session lost. 現在は" in said and said.endswith("。")


@pytest.mark.usefixtures("japanese")
def test_an_unknown_sentence_stays_as_it_is() -> None:
    assert tr_message("Something new happened to “{x}” (100 %).") == "Something new happened to “{x}” (100 %)."


@pytest.mark.usefixtures("japanese")
def test_a_value_with_braces_is_no_placeholder() -> None:
    assert "{a}.pdf" in tr_message("“{a}.pdf” is empty (0 bytes).")


@pytest.mark.usefixtures("japanese")
def test_the_words_of_qt_itself_follow() -> None:
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "キャンセル"
    use_language("en")
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Cancel"
