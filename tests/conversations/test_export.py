"""An exported conversation says what was asked, what was answered, and what it rests on."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from rag_core.conversations.export import conversation_markdown, export_conversation, plain
from rag_core.conversations.records import Turn
from rag_core.errors import StorageFull, UserError
from rag_core.messages import literal, say
from rag_core.types import SentenceCheck
from tests.conversations.builders import answer, passage

TURNS = [
    Turn(
        0,
        "How long is the notice\nperiod?",
        1_790_000_000_000_000_000,
        answer(
            "q",
            "Thirty **days**. ",
            passage(1, "Thirty days\nof notice.", "/docs/Hand*book.pdf"),
            passage(2, "書面で通知する。", "C:\\規程\\就業規則.docx", page=1),
        ),
    ),
    Turn(0, "Is there a pool?", 1, answer("q", "This was not found in these documents.",
         passage(1, "The Abbey Room. " * 40, "/docs/rooms.xlsx"), not_found=True)),
    Turn(0, "And then?", 2, stopped=True),
    Turn(0, "Why?", 3, problem=literal("The disk is full.")),
]  # fmt: skip


def word(path: Path) -> Any:
    import docx

    return docx.Document(str(path))


def shown(markdown: str) -> str:
    """The text that a reader of Markdown shows."""
    words = []
    for token in MarkdownIt("commonmark").parse(markdown):
        words += [piece.content for piece in token.children or [] if piece.content]
    return "\n".join(words)


def test_a_file_quotes_and_tells_of_problems_as_the_language_of_the_question_does() -> None:
    found = answer("q", "Drei Monate.", passage(1, "Die Frist beträgt drei Monate.", "/docs/Mietvertrag.pdf"))
    turn = Turn(0, "Wie lang ist die Kündigungsfrist der Wohnung?", 1, found, problem=say("memory-short"))
    text = shown(conversation_markdown("Miete", [turn]))
    assert "„Die Frist beträgt drei Monate.“" in text and "Der Arbeitsspeicher reicht dafür nicht." in text


def test_markdown_holds_question_answer_and_sources() -> None:
    text = conversation_markdown("Leave & notice", TURNS)
    lines = text.splitlines()
    assert lines[0] == "# Leave & notice"
    assert "## How long is the notice period?" in lines
    assert "Thirty **days**. [1][2]" in lines
    assert "- [1] Hand\\*book.pdf, page iii" in lines
    assert "  > “Thirty days of notice.”" in lines
    assert "- [2] 就業規則.docx, iii" in lines
    assert "**The nearest there is**" in lines
    assert "**Stopped before the answer was finished.**" in lines
    assert "**No answer: The disk is full.**" in lines
    assert lines[-1] == "*Made by Alcove on this computer*"


def test_sentences_without_proof_are_marked_in_words() -> None:
    said = replace(answer("q", "Sure. Perhaps so. Yes."), unsupported=((6, 18), (18, 22)))
    text = conversation_markdown("x", [Turn(0, "q", 1, said)])
    assert (
        "Sure. Perhaps so. (not confirmed by the documents) Yes. (not confirmed by the documents)" in text.splitlines()
    )


def read_closely(text: str, words: str, start: int, end: int) -> Turn:
    """An answer with a quote in which a reader marked `words[start:end]`, and every sentence checked."""
    found = replace(passage(1, words), answer_start=10 + start, answer_end=10 + end)
    made = answer("q", text, found)
    quote = replace(made.quote, answer_start=10 + start, answer_end=10 + end)  # type: ignore[type-var]
    return Turn(0, "q", 1, replace(made, quote=quote, checks=(SentenceCheck(0, len(text), True, "reader", 0.9, 1),)))


def test_what_the_reader_marked_stands_out(tmp_path: Path) -> None:
    turn = read_closely("Thirty. ", "Notice: *30 days*\nin writing.", 9, 16)
    lines = conversation_markdown("x", [turn]).splitlines()
    assert lines.count("> “Notice: \\***30 days**\\* in writing.”") == 1
    assert "  > “Notice: \\***30 days**\\* in writing.”" in lines  # in the sources
    assert "*Every sentence was compared with the documents.*" in lines
    paragraphs = word(export_conversation("x", [turn], tmp_path / "x.docx")).paragraphs
    quotes = [paragraph for paragraph in paragraphs if paragraph.style.name == "Quote"]
    assert [paragraph.text for paragraph in quotes] == [
        "“Notice: *30 days* in writing.” handbook.pdf, page iii",
        "“Notice: *30 days* in writing.”",
    ]
    assert all([run.text for run in paragraph.runs if run.bold] == ["30 days"] for paragraph in quotes)


@pytest.mark.parametrize("mark", ["「12日」", "12日", "a*b"])
def test_a_mark_never_leaves_stars_in_the_text(mark: str) -> None:
    words = f"休暇は{mark}です。"
    turn = read_closely("x ", words, 3, 3 + len(mark))
    assert f"“{words}”" in "".join(shown(conversation_markdown("x", [turn])).split("\n"))


def test_an_answer_without_marks_says_nothing_of_them() -> None:
    text = conversation_markdown("Leave & notice", TURNS)
    assert "compared" not in text and "\n> “" not in text


def test_word_holds_the_same(tmp_path: Path) -> None:
    target = export_conversation("Leave & notice", TURNS, tmp_path / "Leave.DOCX")
    document = word(target)
    texts = [paragraph.text for paragraph in document.paragraphs]
    headings = [paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Heading 1"]
    assert headings == ["How long is the notice period?", "Is there a pool?", "And then?", "Why?"]
    for text in ("Leave & notice", "Thirty days. [1][2]", "[1] Hand*book.pdf, page iii", "“書面で通知する。”",
                 "The nearest there is", "rooms.xlsx, sheet iii", "No answer: The disk is full."):  # fmt: skip
        assert text in texts
    (answered,) = [paragraph for paragraph in document.paragraphs if paragraph.text == "Thirty days. [1][2]"]
    assert [run.text for run in answered.runs if run.bold] == ["days"]
    assert document.sections[0].footer.paragraphs[0].text == "Made by Alcove on this computer"
    assert [path.name for path in tmp_path.iterdir()] == ["Leave.DOCX"]


def test_lists_code_and_tables_of_an_answer_reach_word(tmp_path: Path) -> None:
    text = (
        "# Part\n\n- one\n- two\n  1. inner\n\n```\ncode  here\n```\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n<b>raw</b>\nend"
    )
    document = word(export_conversation("x", [Turn(0, "q", 1, answer("q", text))], tmp_path / "x.docx"))
    styles = {paragraph.text: paragraph.style.name for paragraph in document.paragraphs}
    assert (styles["one"], styles["inner"], styles["code  here"]) == ("List Bullet", "List Number", "Normal")
    assert {"Part", "<b>raw</b>\nend"} <= styles.keys()
    (table,) = document.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [["a", "b"], ["1", "2"]]


def test_what_is_said_of_a_row_stands_in_its_last_cell(tmp_path: Path) -> None:
    rows = "| Room | Seats |\n|---|---|\n| Oak | **12** | [1]\n| Elm | about 40 |"
    said = answer("q", rows + "\n\nBoth. ", passage(1, "Oak 12"))
    doubted = rows.index("| Elm")
    turn = Turn(0, "q", 1, replace(said, unsupported=((0, rows.index("\n")), (doubted, len(rows)))))
    document = word(export_conversation("x", [turn], tmp_path / "x.docx"))
    (table,) = document.tables
    remark = "(not confirmed by the documents)"
    expected = [["Room", f"Seats {remark}"], ["Oak", "12 [1]"], ["Elm", f"about 40 {remark}"]]
    assert [[" ".join(cell.text.split()) for cell in row.cells] for row in table.rows] == expected
    markdown = MarkdownIt("commonmark").enable("table").parse(conversation_markdown("x", [turn]))
    cells = [inside for opening, inside in pairwise(markdown) if opening.type in ("th_open", "td_open")]
    words = ["".join(piece.content for piece in cell.children or []) for cell in cells]
    assert [" ".join(each.split()) for each in words] == [cell for row in expected for cell in row]


def test_characters_that_word_refuses_do_no_harm(tmp_path: Path) -> None:
    odd = "a\x00\x0b\x1b\ud83d\ufffeb"
    turn = Turn(0, odd, 1, answer(odd, odd, passage(1, odd, f"/docs/{odd}.pdf")), problem=literal(odd))
    texts = [paragraph.text for paragraph in word(export_conversation(odd, [turn], tmp_path / "x.docx")).paragraphs]
    assert texts[0] == "ab"
    assert "ab[1]" in texts
    written = export_conversation(odd, [turn], tmp_path / "x.md").read_text(encoding="utf-8")
    assert "## ab" in written


@pytest.mark.parametrize(
    "text",
    ["# no heading", "- no list", "1. no list", "+ x", "*a* _b_ `c` <d> [e](f) |g| ~~h~~", "a\\b", "-dash"],
)
def test_words_of_documents_are_shown_as_they_are(text: str) -> None:
    assert shown(plain(text)) == text


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="ending"):
        export_conversation("x", TURNS, tmp_path / "x.odt")


def test_a_place_that_cannot_be_written_is_said_in_plain_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="not there any more"):
        export_conversation("x", TURNS, tmp_path / "gone" / "x.md")
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        export_conversation("x", TURNS, tmp_path / "folder.md")
    older = tmp_path / "x.md"
    older.write_text("older")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "in use")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refuse)  # Windows, while Word has it open
        with pytest.raises(UserError, match="open in another program"):
            export_conversation("x", TURNS, older)
    assert older.read_text() == "older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.md", "x.md"]


@pytest.mark.skipif(sys.platform != "linux" or not os.path.exists("/dev/full"), reason="needs a disk that is full")  # noqa: PTH110
def test_a_full_disk_is_said_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "x.md.partial").symlink_to("/dev/full")
    with pytest.raises(StorageFull):
        export_conversation("x", TURNS, tmp_path / "x.md")
    assert not (tmp_path / "x.md").exists()


def test_a_japanese_conversation_is_written_in_japanese() -> None:
    said = answer("有給休暇は？", "２０日です。", passage(1, "年間二十日とする。", "/規程/就業規則.pdf", page=4))
    text = conversation_markdown("休暇", [Turn(0, "有給休暇は？", 1, said, stopped=True), Turn(0, "病気の時は？", 2)])
    for line in (
        "**出典**", "- [1] 就業規則.pdf, iiiページ", "**回答の途中で停止しました。**",
        "**まだ回答がありません。**", "*このコンピューターの Alcove で作成*",
    ):  # fmt: skip
        assert line in text.splitlines()


def test_an_empty_conversation_can_be_exported(tmp_path: Path) -> None:
    assert io.BytesIO(export_conversation("", [], tmp_path / "x.docx").read_bytes()).getvalue()[:2] == b"PK"
