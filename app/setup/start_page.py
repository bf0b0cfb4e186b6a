"""The start page: what Alcove does, the models being prepared, and two ways to begin."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QScrollArea, QVBoxLayout, QWidget

from app.kit.choice_card import ChoiceCard
from app.kit.design import XL, XS, XXL, L, M
from app.kit.dialog import pick_files, pick_folder
from app.kit.label import Label, Picture
from app.kit.layout import STRETCH, Placed, at_top, column, held, row, scrolled, wide
from app.kit.text import Translated, tr
from app.setup.setup_card import SetupCard
from app.setup.setup_model import SetupModel

_WIDTH = 680
_MARK_PX = 56


class StartPage(Translated, QScrollArea):
    """Intents: `pack_folder_chosen(Path)`, `paths_chosen(list[Path])`, `samples_requested`; those of `setup_card`."""

    pack_folder_chosen = Signal(object)
    paths_chosen = Signal(object)
    samples_requested = Signal()

    def __init__(self, view_model: SetupModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view_model = view_model
        self.say(self.setAccessibleName, tr("Ask your own documents"))
        self.setup_card = SetupCard(view_model)
        self.setup_card.import_requested.connect(self._choose_pack_folder)
        self.add_card = ChoiceCard(
            "upload", tr("Add your documents"), tr("Choose a folder or files, or drop them anywhere here.")
        )
        self.samples_card = ChoiceCard(
            "book", tr("Try the sample documents"), tr("The papers of a made-up law firm, with questions ready to ask.")
        )
        self.add_card.clicked.connect(self._show_add_menu)
        self.samples_card.clicked.connect(self.samples_requested)
        self._add_menu = QMenu(self)
        for words, choose in ((tr("Choose a folder…"), self.choose_folder), (tr("Choose files…"), self.choose_files)):
            self.say(self._add_menu.addAction("", choose).setText, words)
        inside = held(self._content())
        inside.setMaximumWidth(_WIDTH)
        middle = Placed(inside, 1000, Qt.AlignmentFlag.AlignVCenter)
        scrolled(held(row(STRETCH, middle, STRETCH, margins=(XXL, XL, XXL, XL)), "page"), self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # so that its keys scroll it
        view_model.changed.connect(self.retranslate)
        self.retranslate()

    def _content(self) -> QVBoxLayout:
        privacy = tr("Nothing leaves this machine. No account, no cloud, no tracking.")
        choices = row(wide(self.add_card), wide(self.samples_card), gap=L, margins=(0, L, 0, 0))
        return column(
            Picture("alcove", _MARK_PX),
            L,
            Label(tr("Ask your own documents"), "display", wraps=True),
            XS,
            Label(tr("Alcove reads the documents you give it and answers from them."), "muted", wraps=True),
            XL,
            _told("folder", tr("Add folders or files: PDF, Word, Excel, PowerPoint, web pages, text.")),
            M,
            _told("chat", tr("Ask in your own words. The document's own sentence appears at once, then the answer.")),
            M,
            _told("quote", tr("Click a number in the answer and see the very words on the page.")),
            XL,
            held(column(_told("shield", privacy), margins=(L, M, L, M)), "soft"),
            L,
            self.setup_card,
            choices,
            gap=0,
        )

    def retranslate(self) -> None:
        model = self._view_model
        is_ready = model.state == "ready"
        self.setup_card.setVisible(not is_ready)
        self.add_card.setEnabled(is_ready)
        self.samples_card.setEnabled(is_ready and model.samples != "reading")
        self.samples_card.set_busy(tr("Reading the sample documents…") if model.samples == "reading" else "")

    # Choosing

    def _show_add_menu(self) -> None:
        self._add_menu.popup(self.add_card.mapToGlobal(QPoint(0, self.add_card.height() + XS)))

    def choose_folder(self) -> None:
        """Also for the window's shortcut; `paths_chosen` follows."""
        pick_folder(self, tr("Add a folder"), lambda folder: self.paths_chosen.emit([folder]))

    def choose_files(self) -> None:
        pick_files(self, tr("Add files"), self.paths_chosen.emit)

    def _choose_pack_folder(self) -> None:
        pick_folder(self, tr("The folder that holds the model"), self.pack_folder_chosen.emit)


def _told(icon_name: str, words: str) -> QHBoxLayout:
    """A line with its picture."""
    return row(at_top(Picture(icon_name, tone="accent")), wide(Label(words, wraps=True)), gap=M)
