"""The real window over the real engine process and the real models, used as a person would."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docx
import pypdfium2
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from app.conversation.conversation_model import Phase, ShownTurn
from app.conversation.not_found_card import NotFoundCard
from app.conversation.passage_list import PassageRow
from app.conversation.proof import proof_of
from app.kit.confirm import ConfirmDialog
from app.source.page_layout import lay_out
from app.source.page_view import PageView
from rag_core.paths import SAMPLES
from rag_core.types import LineBox, Page, TextMatch
from tests.e2e.page_pixels import (
    PASSAGE,
    QUOTE,
    box_of,
    count_outside,
    has_ink,
    placed,
    share_inside,
    where,
    words_in_file,
)
from tests.e2e.person import Person

pytestmark = [pytest.mark.e2e, pytest.mark.packs]

LEAVE = "How many days of annual leave do full-time employees get?"
HANDBOOK = SAMPLES / "office-handbook.pdf"
_MOSTLY = 0.4  # the rest is ink
_PAD_POINTS = 5.0  # the box around a passage stands so far from its words, its border and smooth edges included


@pytest.fixture(scope="module")
def read_samples(tmp_path_factory: pytest.TempPathFactory, packs_dir: Path) -> Path:
    """A data folder in which the samples have been read, to be copied."""
    folder = tmp_path_factory.mktemp("read")
    (folder / "packs").symlink_to(packs_dir, target_is_directory=True)
    command = [sys.executable, "-m", "app", "add", str(SAMPLES), "--data-dir", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder


@pytest.fixture
def newcomer(tmp_path: Path, packs_dir: Path, qtbot: QtBot) -> Iterator[Person]:
    """Has just installed it."""
    (tmp_path / "packs").symlink_to(packs_dir, target_is_directory=True)
    person = Person(tmp_path, qtbot)
    yield person
    person.leave()


@pytest.fixture
def owner(tmp_path: Path, read_samples: Path, qtbot: QtBot) -> Iterator[Person]:
    """Has the samples in a library already."""
    shutil.copytree(read_samples, tmp_path / "data", symlinks=True)
    person = Person(tmp_path / "data", qtbot)
    person.wait(lambda: person.window.page == "conversation")
    yield person
    person.leave()


def test_a_newcomer_drops_a_folder_asks_and_sees_the_box_on_the_page(newcomer: Person) -> None:
    person = newcomer
    assert person.window.page == "start"
    person.wait(lambda: person.panes.setup.controller.model.state == "ready")
    person.drop([SAMPLES])
    person.open_documents()
    documents = {path.name for path in SAMPLES.iterdir() if path.suffix != ".jsonl"}
    person.wait(lambda: person.document_states() == dict.fromkeys(documents, "searchable"))
    person.click(person.window.side.documents)

    turn = person.ask(LEAVE)
    person.wait(lambda: person.passage_rows(turn) > 0 or bool(person.words(turn)))
    assert person.words(turn) == "", "the passages waited for the words"
    card = person.read_answer(turn)
    assert "25" in person.words(turn)

    citation = next(i for i, cited in enumerate(turn.citations) if _path_of(turn, cited.passage).endswith(".pdf"))
    person.click_chip(card, proof_of(turn).of_citation[citation])
    source = person.panes.source.controller.model
    person.wait(lambda: person.window.source.isVisible() and source.target is not None)
    cited, quote = turn.citations[citation], source.quote
    assert quote is not None
    assert (quote.page, quote.start, quote.end) == (cited.page, cited.char_start, cited.char_end)
    _check_the_box(person, cited.quote)


def test_the_next_place_and_a_search_move_the_page(owner: Person) -> None:
    person = owner
    card = person.read_answer(person.ask(LEAVE))
    person.click_chip(card, 0)
    pane, source = person.panes.source.pane, person.panes.source.controller.model
    person.wait(lambda: bool(source.pages))
    first = source.target
    person.click(pane.head.next_target)
    assert source.target != first and source.index == 1
    person.click(pane.head.previous_target)
    assert source.target == first
    person.wait(lambda: pane.page_view.isVisible() and source.page(source.number) is not None)
    person.click(pane.head.find_button)
    QTest.keyClicks(pane.find_bar.field, "yellow badge")
    person.wait(lambda: len(source.matches) == 1)
    person.wait(lambda: source.number == 5)
    assert pane.find_bar.count.text().startswith("1")


def test_a_question_without_an_answer_is_answered_so(owner: Person) -> None:
    person = owner
    turn = person.ask("How deep is the Mariana Trench?")
    card = person.read_answer(turn)
    assert turn.phase is Phase.NOT_FOUND and person.words(turn) == ""
    found = person.shown(card, NotFoundCard)
    assert len(found) == 1
    person.wait(lambda: bool(person.shown(found[0], PassageRow)))
    person.click(person.shown(found[0], PassageRow)[0])
    person.wait(person.window.source.isVisible)


def test_a_conversation_is_exported_to_files_that_can_be_read(owner: Person, tmp_path: Path) -> None:
    person = owner
    person.read_answer(person.ask(LEAVE))
    person.wait(lambda: person.panes.conversation.questions.model.place.conversation_id > 0)
    actions = person.panes.conversation.list.export_actions(person.window, 0, "")
    written = [tmp_path / f"leave{ending}" for ending in (".md", ".docx", ".pdf")]
    for action, path in zip(actions, written, strict=True):
        action.trigger()
        dialog = person.dialog(QFileDialog)
        field = dialog.findChild(QLineEdit, "fileNameEdit")
        assert isinstance(field, QLineEdit)
        field.setText(str(path))
        with person.bot.waitSignal(person.panes.conversation.conversations.exported, timeout=60_000):
            QTest.keyClick(field, Qt.Key.Key_Return)
    markdown, word, pdf = written
    with pypdfium2.PdfDocument(pdf) as pages:
        printed = " ".join(page.get_textpage().get_text_range() for page in pages)
    texts = (
        markdown.read_text(encoding="utf-8"),
        "\n".join(paragraph.text for paragraph in docx.Document(str(word)).paragraphs),
        printed,
    )
    for text in texts:
        flat = " ".join(text.split())
        assert LEAVE in flat and "25" in flat and "office-handbook.pdf" in flat


def test_a_library_is_deleted_and_the_files_stay(owner: Person, tmp_path: Path) -> None:
    person = owner
    libraries = person.panes.libraries.list
    name = person.panes.libraries.controller.chosen
    folder = tmp_path / "data" / "libraries" / name
    assert folder.exists()
    libraries.list.setFocus()
    QTest.keyClick(libraries.list, Qt.Key.Key_Delete)
    dialog = person.dialog(ConfirmDialog)
    assert isinstance(dialog, ConfirmDialog)
    person.click(dialog.action_button)
    person.wait(lambda: person.window.page == "start" and not folder.exists())
    assert person.panes.libraries.controller.chosen == "" and HANDBOOK.exists()


def test_closing_in_the_middle_of_an_answer_ends_in_time(owner: Person) -> None:
    """What `leave` checks: three seconds, and no process left."""
    turn = owner.ask(LEAVE)
    owner.wait(lambda: turn.phase is not Phase.SEARCHING)


def _path_of(turn: ShownTurn, rank: int) -> str:
    return next(passage.path for passage in turn.passages if passage.rank == rank)


def _check_the_box(person: Person, quoted: str) -> None:
    """The colours lie around the words that were quoted, by the page's pixels and by the file itself."""
    source, view = person.panes.source.controller.model, person.panes.source.pane.page_view
    boxed, marked = source.boxed, source.marked  # the sentence and the answer in it; without one, passage and sentence
    assert boxed is not None and marked is not None
    person.wait(lambda: view.isVisible() and source.page(marked.page) is not None)
    page = source.page(marked.page)
    assert page is not None
    person.wait(lambda: _is_settled(person, view, page, marked))
    picture = person.picture(view.viewport())
    paper, scale = _paper(person, view, page.number)
    proves, around = where(picture, QUOTE), where(picture, PASSAGE)

    proving = _lines(page, marked)
    for line in proving:
        if marked.start <= line.start and line.end <= marked.end:
            assert share_inside(proves, placed(line, paper, scale)) > _MOSTLY, page.text[line.start : line.end]
    assert proves.any() and count_outside(proves, [placed(line, paper, scale, _PAD_POINTS) for line in proving]) == 0
    room = QRectF()
    for line in _lines(page, boxed):
        room = room.united(placed(line, paper, scale, _PAD_POINTS))
    assert around.any() and count_outside(around, [room]) == 0
    answer = page.text[marked.start : marked.end]
    assert " ".join(answer.split()) in words_in_file(HANDBOOK, page.number, box_of(proves), paper, scale)
    assert " ".join(quoted.split()) in words_in_file(HANDBOOK, page.number, box_of(around | proves), paper, scale)


def _is_settled(person: Person, view: PageView, page: Page, marked: TextMatch) -> bool:
    """The marked words stand on the screen, printed."""
    picture = person.picture(view.viewport())
    paper, scale = _paper(person, view, page.number)
    places = [placed(line, paper, scale) for line in _lines(page, marked)]
    is_in_view = all(QRectF(picture.rect()).contains(place) for place in places)
    return is_in_view and bool(where(picture, QUOTE).any()) and all(has_ink(picture, place) for place in places)


def _lines(page: Page, place: TextMatch) -> list[LineBox]:
    return [line for line in page.lines if line.start < place.end and line.end > place.start]


def _paper(person: Person, view: PageView, number: int) -> tuple[QRectF, float]:
    """Where a page lies in the picture of the view, and how many pixels a point has there."""
    pages = person.panes.source.controller.model.pages
    layout = lay_out(pages, view.viewport().width(), None)
    index = next(i for i, page in enumerate(pages) if page.number == number)
    across, down = view.horizontalScrollBar().value(), view.verticalScrollBar().value()
    return layout.rect(index).translated(-across, -down), layout.scales[index]
