"""A person in front of the real window: drops files, types, clicks, looks at what is on the screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import psutil
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from app.conversation.answer_text import AnswerText
from app.conversation.conversation_model import ShownTurn
from app.conversation.passage_list import PassageRow
from app.conversation.turn_card import TurnCard
from app.documents.documents_model import DocumentsModel
from app.kit.rich_text import PLACE
from app.shell.application import Application, engine_process
from app.shell.single_instance import SingleInstance
from rag_core.paths import DataDir

PATIENCE_MS = 60_000
CLOSES_WITHIN_S = 3.0
_CHIP_STEP_PX = 3
Kind = TypeVar("Kind", bound=QWidget)


class Person:
    """Opens the program on `data_dir`. `leave` closes it, as promised: in time, and with no process left."""

    def __init__(self, data_dir: Path, bot: QtBot) -> None:
        self.bot = bot
        self._others = set(psutil.Process().children(recursive=True))
        instance = SingleInstance(data_dir)
        assert instance.is_first
        folder = DataDir(data_dir)
        self._program = Application(folder, "", engine_process(folder), instance)
        self.window = self._program.window
        self.panes = self._program.wiring
        self._program.open()
        self.window.resize(1400, 900)
        self.wait(self.window.isVisible)

    def wait(self, condition: Callable[[], bool]) -> None:
        self.bot.waitUntil(condition, timeout=PATIENCE_MS)

    def leave(self) -> None:
        """Close the window by its title bar's button; the rest is the program's."""
        children = set(psutil.Process().children(recursive=True)) - self._others
        self.window.close()
        began = time.monotonic()
        self._program.shutdown()
        elapsed_s = time.monotonic() - began
        left = [child.name() for child in children if child.is_running()]
        self.window.deleteLater()
        self._program.deleteLater()
        assert not left, f"still running: {left}"
        assert elapsed_s < CLOSES_WITHIN_S

    # Documents

    def drop(self, paths: Sequence[Path]) -> None:
        """Drag over the middle of the window and let go, as the system tells it: to the window, not to a widget."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        handle = self.window.windowHandle()
        place = self.window.rect().center()
        copy, left, no_keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(handle, QDragEnterEvent(place, copy, data, left, no_keys))
        assert self.window.overlay.isVisible()
        QApplication.sendEvent(handle, QDragMoveEvent(place, copy, data, left, no_keys))
        QApplication.sendEvent(handle, QDropEvent(QPointF(place), copy, data, left, no_keys))
        assert not self.window.overlay.isVisible()

    def open_documents(self) -> None:
        self.click(self.window.side.documents)
        self.wait(lambda: self.window.page == "documents")

    def document_states(self) -> dict[str, str]:
        """Names and states as the documents table shows them."""
        model = self.panes.documents.page.table.model()
        rows = [model.index(row, 0).data(DocumentsModel.RowRole) for row in range(model.rowCount())]
        return {row.name: row.state for row in rows}

    # Asking

    def ask(self, question: str) -> ShownTurn:
        """Type and press Enter; returns the new turn."""
        field = self.panes.conversation.page.box.field
        self.wait(lambda: field.isVisible() and field.isEnabled())
        before = len(self.turns)
        QTest.mouseClick(field.viewport(), Qt.MouseButton.LeftButton)
        QTest.keyClicks(field, question)
        QTest.keyClick(field, Qt.Key.Key_Return)
        self.wait(lambda: len(self.turns) > before)
        return self.turns[-1]

    def read_answer(self, turn: ShownTurn) -> TurnCard:
        """Wait until it is finished and stored; the card that shows it."""
        self.wait(lambda: not turn.is_working and turn.stored.turn_id > 0)
        card = self.panes.conversation.page.view.card_of(turn)
        assert card is not None
        return card

    @property
    def turns(self) -> Sequence[ShownTurn]:
        return self.panes.conversation.questions.model.turns

    def click_chip(self, card: TurnCard, target: int) -> None:
        """Click the mark in the answer that leads to the place of this number, where it is on the screen."""
        answer = self.shown(card, AnswerText)[0]
        view = answer.viewport()
        self.wait(lambda: find_chip(answer, target) is not None)
        place = find_chip(answer, target)
        assert place is not None
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)

    # Looking and clicking

    def click(self, button: QAbstractButton) -> None:
        self.wait(lambda: button.isVisible() and button.isEnabled())
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def shown(self, within: QWidget, kind: type[Kind]) -> list[Kind]:
        return [found for found in within.findChildren(kind) if found.isVisible()]

    def dialog(self, kind: type[QDialog]) -> QDialog:
        self.wait(lambda: isinstance(QApplication.activeModalWidget(), kind))
        found = QApplication.activeModalWidget()
        assert isinstance(found, kind)
        return found

    def picture(self, widget: QWidget) -> QImage:
        """What the screen shows of it, a pixel for a pixel of the layout."""
        image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        return image.scaled(widget.size()) if image.size() != widget.size() else image

    def passage_rows(self, turn: ShownTurn) -> int:
        """How many passages its card shows at the moment."""
        card = self.panes.conversation.page.view.card_of(turn)
        return len(self.shown(card, PassageRow)) if card else 0

    def words(self, turn: ShownTurn) -> str:
        """The words of the answer that its card shows at the moment."""
        card = self.panes.conversation.page.view.card_of(turn)
        return "".join(answer.toPlainText() for answer in self.shown(card, AnswerText)) if card else ""


def find_chip(answer: AnswerText, target: int) -> QPoint | None:
    """Where a click meets the chip, found as a pointer would: by what lies under it."""
    view = answer.viewport()
    for y in range(0, view.height(), _CHIP_STEP_PX):
        for x in range(0, view.width(), _CHIP_STEP_PX):
            if answer.anchorAt(QPoint(x, y)) == f"{PLACE}{target}":
                return QPoint(x + _CHIP_STEP_PX, y + _CHIP_STEP_PX)
    return None
