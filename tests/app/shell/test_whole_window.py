"""The window as it is wired: what must hold for every control on every page, whoever built it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.conversation_model import Phase
from app.conversation.passage_list import PassageRow
from app.kit.text import use_language
from rag_core.conversations.records import Conversation
from rag_core.host.events import Event, Finished, PackInfo, TurnsListed
from rag_core.host.jobs import AskQuestion, Job, ListConversations, ListLibraries, ListPacks, ListPages, LoadTurns
from rag_core.library.records import LibraryInfo
from tests.app.conversation.conversation_samples import answer, answered, found
from tests.app.shell.test_shutdown import Started

PACKS = tuple(PackInfo(role, role, role, "Apache-2.0", "1", 1, "/packs", True) for role in ("embedder", "llm"))
SMALLEST_TARGET_PX = 28
PAGES = ("conversation", "documents", "start")


class Alive(Started):
    """With a library of three documents and a conversation in it."""

    def begin(self, bot: QtBot) -> None:
        bot.waitUntil(lambda: len(self.processes) == 1)
        self.answer(ListPacks, PACKS)
        self.answer(ListLibraries, (LibraryInfo("Contracts", self.folder, documents=3),))
        bot.waitUntil(lambda: self.window.windowTitle() == "Contracts – Alcove")
        bot.waitUntil(lambda: self.has_job(ListConversations))
        self.answer(ListConversations, (Conversation(7, "Annual leave", 1, 1, 1),))
        wiring = self.application.wiring
        bot.waitUntil(lambda: wiring.conversation.conversations.model.rowCount() > 0)
        wiring.conversation.conversations.open(7)
        bot.waitUntil(lambda: self.has_job(LoadTurns))
        self.say(LoadTurns, TurnsListed((answered(1), answered(2))))
        self.answer(LoadTurns, None)
        bot.waitUntil(lambda: len(wiring.conversation.questions.model.turns) == 2)

    def has_job(self, kind: type[Job]) -> bool:
        return any(isinstance(job, kind) for job in self.processes[-1].submitted.values())

    def say(self, kind: type[Job], payload: object) -> None:
        process = self.processes[-1]
        for job_id, job in process.submitted.items():
            if isinstance(job, kind):
                process.on_event(Event(job_id, payload))

    def show(self, page: str) -> None:
        pages = self.application.wiring.pages
        if page == "documents":
            pages.show_documents()
        elif page == "conversation":
            pages.show_conversation()
        self.window.show_page(page)
        QApplication.sendPostedEvents()

    def pages(self) -> Iterator[str]:
        """Each in turn, while it is shown."""
        for page in PAGES:
            self.show(page)
            yield page


@pytest.fixture
def alive(tmp_path: Path, qtbot: QtBot) -> Iterator[Alive]:
    made = Alive(tmp_path)
    qtbot.addWidget(made.window, before_close_func=lambda _: made.application.shutdown())
    made.application.open()
    made.window.resize(1024, 700)
    made.begin(qtbot)
    yield made
    use_language("en")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_takes_the_keyboard_says_what_it_is(alive: Alive, language: str) -> None:
    alive.application.change_preferences({"language": language})
    for page in alive.pages():
        nameless = [_told(widget) for widget in _seen(alive.window) if _takes_keyboard(widget) and not _name(widget)]
        assert nameless == [], page


def test_what_is_clicked_is_large_enough_to_hit(alive: Alive) -> None:
    small = [
        f"{page}: {_told(button)} {button.width()}x{button.height()}"
        for page in alive.pages()
        for button in _seen(alive.window)
        if isinstance(button, QAbstractButton) and min(button.width(), button.height()) < SMALLEST_TARGET_PX
    ]
    assert small == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_nothing_is_cut_off_in_the_smallest_window(alive: Alive, language: str) -> None:
    alive.application.change_preferences({"language": language})
    cut = []
    for widget in (widget for _ in alive.pages() for widget in _seen(alive.window)):
        if isinstance(widget, QPushButton | QComboBox) and widget.width() < widget.minimumSizeHint().width():
            cut.append(f"{_told(widget)}: its words need {widget.minimumSizeHint().width()} px")
        parent = widget.parentWidget()
        if parent is not None and isinstance(widget, QPushButton | QComboBox | QLineEdit | QLabel):
            inside = parent.rect().adjusted(-1, -1, 1, 1)
            if not inside.contains(QRect(widget.pos(), widget.size())) and not _scrolls(widget):
                cut.append(f"{_told(widget)}: outside its place")
    assert cut == []


@pytest.mark.parametrize("page", PAGES)
def test_no_words_stay_in_the_other_language(alive: Alive, page: str) -> None:
    """Sentences that read the same before and after the switch were forgotten."""
    alive.show(page)
    before = _words(alive.window)
    alive.application.change_preferences({"language": "ja"})
    own = {alive.application.wiring.conversation.questions.model.turns[0].text}
    forgotten = {text for text in before & _words(alive.window) if " " in text.strip() and text not in own}
    assert {text for text in forgotten if not _is_of_documents(text)} == set()


def test_theme_and_language_switch_again_and_again(alive: Alive) -> None:
    """What was replaced at one switch is deleted before the next; nothing of it may be looked for then."""
    for page in alive.pages():
        for values in ({"language": "ja"}, {"theme": "dark"}, {"language": "en"}, {"theme": "light"}):
            alive.application.change_preferences(values)
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            QApplication.processEvents()
        assert alive.window.page == page


def test_a_question_goes_all_the_way_to_the_source_and_back(alive: Alive, qtbot: QtBot) -> None:
    wiring = alive.application.wiring
    alive.show("conversation")
    QTest.keyClicks(wiring.conversation.page.box.field, "How long is the notice?")
    QTest.keyClick(wiring.conversation.page.box.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: alive.has_job(AskQuestion))
    alive.say(AskQuestion, found())
    alive.say(AskQuestion, Finished(answer("How long is the notice?", "Three months [1].")))
    turn = wiring.conversation.questions.model.turns[-1]
    qtbot.waitUntil(lambda: turn.phase is Phase.FINISHED)
    card = wiring.conversation.page.view.card_of(turn)
    assert card is not None
    before = alive.window.source.isVisible()
    qtbot.waitUntil(lambda: any(row.isVisible() for row in card.findChildren(PassageRow)))
    next(row for row in card.findChildren(PassageRow) if row.isVisible()).click()
    qtbot.waitUntil(alive.window.source.isVisible)
    assert not before and alive.has_job(ListPages)
    QTest.keyClick(alive.window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not alive.window.source.isVisible())
    assert wiring.source.controller.model.target is None


def _seen(window: QWidget) -> list[QWidget]:
    """What is on the screen now, but for parts that Qt makes inside its own controls."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if widget.isVisible() and not widget.objectName().startswith("qt_") and not _is_inner(widget)
    ]


def _is_inner(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    return isinstance(parent, QLineEdit | QComboBox)


def _takes_keyboard(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isEnabled() and widget.focusProxy() is None


def _name(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return widget.accessibleName() or text


def _scrolls(widget: QWidget) -> bool:
    """What a scroll area shows in part is not cut off."""
    parent: QWidget | None = widget
    while parent is not None:
        if parent.inherits("QAbstractScrollArea"):
            return True
        parent = parent.parentWidget()
    return False


def _words(window: QWidget) -> set[str]:
    reading: tuple[Callable[[QWidget], str], ...] = (QWidget.toolTip, QWidget.accessibleName)
    texts = {read(widget) for widget in _seen(window) for read in reading}
    texts |= {widget.text() for widget in _seen(window) if isinstance(widget, QAbstractButton | QLabel)}
    return texts


def _is_of_documents(text: str) -> bool:
    """Names and sentences of the sample documents, which are not translated."""
    return any(word in text for word in ("entitled", "leave", "handbook", "Question", "Contracts", ".pdf", ".xlsx"))


def _told(widget: QWidget) -> str:
    chain = [type(widget).__name__, repr(_name(widget))]
    parent = widget.parentWidget()
    while parent is not None and len(chain) < 6:
        chain.append(type(parent).__name__)
        parent = parent.parentWidget()
    return " < ".join(chain)
