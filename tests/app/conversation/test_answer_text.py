"""The words of an answer: chips, unconfirmed sentences, streaming, and nothing that reaches out."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.answer_text import AnswerText
from app.kit.markdown import Marker, Remark


@pytest.fixture
def text(qtbot: QtBot) -> AnswerText:
    made = AnswerText()
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    return made


def markers(source: str) -> list[Marker]:
    found: list[Marker] = []
    position = source.find("[")
    while position >= 0:
        end = source.index("]", position) + 1
        found.append(Marker(position, end, source[position + 1 : end - 1], len(found)))
        position = source.find("[", end)
    return found


def plain(text: AnswerText) -> str:
    return text.toPlainText().replace("\u00a0", " ").replace("\u2009", "").replace("  ", " ")


def underlined(text: AnswerText) -> str:
    dotted = QTextCharFormat.UnderlineStyle.DotLine
    found = ""
    block = text.document().begin()
    while block.isValid():
        pieces = block.begin()
        while not pieces.atEnd():
            if pieces.fragment().charFormat().underlineStyle() == dotted:
                found += pieces.fragment().text()
            pieces += 1
        block = block.next()
    return found


def test_markers_become_chips_that_lead_to_their_place(qtbot: QtBot, text: AnswerText) -> None:
    source = "Leave is **25 days** [1] [3]. More [2]."
    text.set_answer(source, markers(source))
    assert len(text._writer.chips) == 3
    text.setFocus()
    with qtbot.waitSignal(text.place_chosen) as caught:
        QTest.keyClick(text, Qt.Key.Key_Tab)
        QTest.keyClick(text, Qt.Key.Key_Tab)
        QTest.keyClick(text, Qt.Key.Key_Return)
    assert caught.args == [1]


def test_chips_are_read_out_as_sources(qtbot: QtBot, text: AnswerText) -> None:
    source = "One [1] two [2].\n\n| a | b |\n|--|--|\n| 1 | 2 | [3]"
    text.set_answer(source, markers(source))
    said = text.accessibleDescription().split()
    assert " ".join(said) == "One source 1 two source 2. a b 1 2 source 3"
    text.set_streamed("Other", {1: 0})
    assert text.accessibleDescription() == ""
    text.set_streamed("Other [1]", {1: 0})
    text.clearFocus()
    text.setFocus()
    qtbot.waitUntil(lambda: text.accessibleDescription().split() == ["Other", "source", "1"])


def test_copied_text_has_its_numbers(text: AnswerText) -> None:
    source = "One [1] two [2]."
    text.set_answer(source, markers(source))
    text.selectAll()
    assert text.selected_text().replace("  ", " ") == "One [1] two [2]."


def test_a_copied_table_has_tabs_between_its_cells_and_every_word_once(text: AnswerText) -> None:
    source = "One 😀 [1]:\n\n| a | b |\n|--|--|\n| 1 | 2 | [2]\n\nEnd."
    text.set_answer(source, markers(source))
    text.selectAll()
    lines = [line for line in text.selected_text().replace("  ", " ").splitlines() if line.strip()]
    assert lines == ["One 😀 [1]:", "a\tb", "1\t2 [2]", "End."]


def test_unconfirmed_sentences_are_marked_and_nothing_else(text: AnswerText) -> None:
    source = "Sure [1].\n\n- **Not** sure at all.\n\n| a | b |\n|---|---|\n| x | y |\n"
    ranges = [(source.index("- **Not"), source.index("all.") + 4), (source.index("| x"), source.index("y |") + 3)]
    text.set_answer(source, markers(source), [Remark(*each) for each in ranges])
    assert underlined(text).replace(" ", "").startswith("Notsureatall.x") and "Sure" not in underlined(text)
    assert "•" not in plain(text) and "- " not in plain(text)  # still a list


def test_a_confirmed_sentence_is_quiet_and_says_by_what_to_the_pointer(text: AnswerText) -> None:
    source = "Sure [1]. Perhaps. 14. Oh."
    spans = [(0, 9), (10, 18), (19, 22)]
    remarks = [
        Remark(*spans[0], "Agrees with a.pdf", is_doubt=False),
        Remark(*spans[1], "Not confirmed"),
        Remark(*spans[2], "Agrees", is_doubt=False),
    ]
    text.set_answer(source, markers(source), remarks)
    assert underlined(text) == "Perhaps."
    tips = {}
    for position in (1, plain(text).index("haps")):
        cursor = QTextCursor(text.document())
        cursor.setPosition(position + 1)
        tips[position] = cursor.charFormat().toolTip()
    assert list(tips.values()) == ["Agrees with a.pdf", "Not confirmed"]
    assert " ".join(plain(text).split()) == "Sure 1 . Perhaps. 14. Oh."


def test_a_doubt_is_read_out_behind_its_sentence_and_never_copied(text: AnswerText) -> None:
    source = "Sure [1]. Perhaps. Oh."
    text.set_answer(source, markers(source), [Remark(10, 18, "why")])
    said = " ".join(text.accessibleDescription().split())
    assert said == "Sure source 1. Perhaps. (Not confirmed by the documents) Oh."
    text.selectAll()
    assert text.selected_text() == "Sure [1]. Perhaps. Oh."


def test_a_marker_behind_a_table_row_is_not_lost(text: AnswerText) -> None:
    source = "| a | b |\n|---|---|\n| x | y | [1]\n"
    text.set_answer(source, markers(source))
    assert len(text._writer.chips) == 1


def test_a_fence_survives_being_unconfirmed(text: AnswerText) -> None:
    source = "```python\nprint(1)\n```\n\nAfter."
    text.set_answer(source, [], [Remark(0, 9), Remark(10, 18)])
    assert plain(text).strip().endswith("After.") and "`" not in plain(text)


@pytest.mark.parametrize(
    "source",
    [
        "![x](https://example.com/a.png)",
        "<img src='https://example.com/a.png'><script>alert(1)</script>",
        "[here](https://example.com)",
        "[here](file:///etc/passwd)",
    ],
)
def test_nothing_is_loaded_and_no_link_leads_outside(text: AnswerText, source: str) -> None:
    text.set_answer(source, [])
    assert "http" not in text.toHtml().split("<body")[1].replace("https://example.com", "")
    cursor = QTextCursor(text.document())
    for position in range(1, text.document().characterCount()):
        cursor.setPosition(position)
        assert not cursor.charFormat().isAnchor() and not cursor.charFormat().isImageFormat()


def test_private_characters_in_an_answer_do_no_harm(text: AnswerText) -> None:
    text.set_answer("a\ue0005,9\ue001b \ue002c", [])
    assert not text._writer.chips and "5,9" in plain(text)


LONG = (
    "Intro with *stress* and `code` [1].\n\n"
    + "".join(f"{n}. Item number {n} of the list [2].\n" for n in range(1, 20))
    + "\n| a | b |\n|---|---|\n"
    + "".join(f"| row {n} | value |\n" for n in range(8))
    + "\n```\ncode\nmore\n```\n\n> quoted\n\n"
    + "A sentence of a very long paragraph with **strong** words. " * 60
    + "\n\n最後の文です。 [3]\n"
)


def test_streamed_piece_by_piece_reads_like_the_whole(text: AnswerText, qtbot: QtBot) -> None:
    passages = {1: 0, 2: 1, 3: 2}
    for end in range(0, len(LONG), 11):
        text.set_streamed(LONG[:end], passages)
    text.set_streamed(LONG, passages)
    streamed, chips = " ".join(plain(text).split()), len(text._writer.chips)
    whole = AnswerText()
    qtbot.addWidget(whole)
    whole.set_answer(LONG, markers(LONG))
    assert streamed == " ".join(plain(whole).split())
    assert chips == len(whole._writer.chips) == 21


def test_it_is_as_high_as_its_text(text: AnswerText) -> None:
    text.set_answer("One line.", [])
    low = text.heightForWidth(500)
    text.set_answer("A sentence of a paragraph. " * 80, [])
    assert text.heightForWidth(500) > 5 * low and text.heightForWidth(300) > text.heightForWidth(600)


def test_a_narrower_window_cuts_no_line_off(qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    column = QVBoxLayout(page)
    text = AnswerText()
    column.addWidget(text)
    column.addStretch(1)
    page.resize(760, 400)
    page.show()
    text.set_answer(
        "Closed client files are kept for seven years from the date on which the matter was closed. " * 2, ()
    )
    for width in (430, 760, 300):
        page.resize(width, 400)
        qtbot.waitUntil(lambda: text.height() >= text.document().size().height())
