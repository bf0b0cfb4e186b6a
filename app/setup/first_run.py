"""The start page: what Alcove does, the models being prepared, and two ways to begin."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.kit.choice_card import ChoiceCard
from app.kit.design import XL, XS, XXL, L, M, colours
from app.kit.resources import app_icon, icon
from app.kit.text import Translated, tr
from app.setup.setup_card import SetupCard
from app.setup.setup_state import SetupViewModel

_WIDTH = 680
_MARK_PX = 56
_LINE_ICON_PX = 20


class FirstRun(Translated, QScrollArea):
    """Intents: `pack_folder_chosen(Path)`, `paths_chosen(list[Path])`, `samples_requested`; those of `setup_card`."""

    pack_folder_chosen = Signal(object)
    paths_chosen = Signal(object)
    samples_requested = Signal()

    def __init__(self, view_model: SetupViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view_model = view_model
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # so that its keys scroll it
        self._build()
        self.setup_card.import_requested.connect(self._choose_pack_folder)
        self.add_card.clicked.connect(self._show_add_menu)
        self.samples_card.clicked.connect(self.samples_requested)
        view_model.changed.connect(self._show)
        self.retranslate()
        self._paint()
        self._show()

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Ask your own documents"))
        self._title.setText(tr("Ask your own documents"))
        self._lead.setText(tr("Alcove reads the documents you give it and answers from them."))
        self._lines[0][1].setText(tr("Add folders or files: PDF, Word, Excel, PowerPoint, web pages, text."))
        self._lines[1][1].setText(
            tr("Ask in your own words. The document's own sentence appears at once, then the answer.")
        )
        self._lines[2][1].setText(tr("Click a number in the answer and see the very words on the page."))
        self._privacy.setText(tr("Nothing leaves this machine. No account, no cloud, no tracking."))
        self.add_card.set_words(tr("Add your documents"), tr("Choose a folder or files, or drop them anywhere here."))
        self.samples_card.set_words(
            tr("Try the sample documents"), tr("The papers of a made-up law firm, with questions ready to ask.")
        )
        self._folder_action.setText(tr("Choose a folder…"))
        self._files_action.setText(tr("Choose files…"))
        self._show()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint()

    # Building

    def _build(self) -> None:
        self._mark, self._title, self._lead = QLabel(), QLabel(), QLabel()
        self._title.setProperty("kind", "display")
        self._lead.setProperty("kind", "muted")
        for label in (self._title, self._lead):
            label.setWordWrap(True)
        self.setup_card = SetupCard(self._view_model)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._mark)
        column.addSpacing(L)
        column.addWidget(self._title)
        column.addSpacing(XS)
        column.addWidget(self._lead)
        column.addSpacing(XL)
        column.addLayout(self._build_lines())
        column.addSpacing(XL)
        column.addWidget(self._build_privacy())
        column.addSpacing(L)
        column.addWidget(self.setup_card)
        column.addLayout(self._build_choices())
        inside = QWidget()
        inside.setLayout(column)
        inside.setMaximumWidth(_WIDTH)
        page = QFrame()
        page.setProperty("kind", "page")
        row = QHBoxLayout(page)
        row.setContentsMargins(XXL, XL, XXL, XL)
        row.addStretch(1)
        row.addWidget(inside, 1000, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        self.setWidget(page)

    def _build_lines(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(M)
        grid.setVerticalSpacing(M)
        grid.setColumnStretch(1, 1)
        self._lines = [(QLabel(), QLabel(), name) for name in ("folder", "chat", "quote")]
        for row, (picture, words, _) in enumerate(self._lines):
            words.setWordWrap(True)
            grid.addWidget(picture, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(words, row, 1)
        return grid

    def _build_privacy(self) -> QFrame:
        frame = QFrame()
        frame.setProperty("kind", "soft")
        self._shield, self._privacy = QLabel(), QLabel()
        self._privacy.setWordWrap(True)
        row = QHBoxLayout(frame)
        row.setContentsMargins(L, M, L, M)
        row.setSpacing(M)
        row.addWidget(self._shield, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._privacy, 1)
        return frame

    def _build_choices(self) -> QHBoxLayout:
        self.add_card, self.samples_card = ChoiceCard("upload"), ChoiceCard("book")
        self._add_menu = QMenu(self)
        self._folder_action = self._add_menu.addAction("")
        self._files_action = self._add_menu.addAction("")
        self._folder_action.triggered.connect(self.choose_folder)
        self._files_action.triggered.connect(self.choose_files)
        row = QHBoxLayout()
        row.setContentsMargins(0, L, 0, 0)
        row.setSpacing(L)
        row.addWidget(self.add_card, 1)
        row.addWidget(self.samples_card, 1)
        return row

    # Showing

    def _show(self) -> None:
        model = self._view_model
        is_ready = model.state == "ready"
        self.setup_card.setVisible(not is_ready)
        self.add_card.setEnabled(is_ready)
        self.samples_card.setEnabled(is_ready and model.samples != "reading")
        self.samples_card.set_busy(tr("Reading the sample documents…") if model.samples == "reading" else "")

    def _paint(self) -> None:
        self._mark.setPixmap(app_icon().pixmap(QSize(_MARK_PX, _MARK_PX)))
        for picture, _, name in self._lines:
            picture.setPixmap(icon(name, colours().accent).pixmap(_LINE_ICON_PX, _LINE_ICON_PX))
        self._shield.setPixmap(icon("shield", colours().accent).pixmap(_LINE_ICON_PX, _LINE_ICON_PX))

    # Choosing

    def _show_add_menu(self) -> None:
        self._add_menu.popup(self.add_card.mapToGlobal(QPoint(0, self.add_card.height() + XS)))

    def choose_folder(self) -> None:
        """Also for the window's shortcut; `paths_chosen` follows."""
        dialog = QFileDialog(self, tr("Add a folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        self._open(dialog)

    def choose_files(self) -> None:
        dialog = QFileDialog(self, tr("Add files"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        self._open(dialog)

    def _open(self, dialog: QFileDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda names: self.paths_chosen.emit([Path(name) for name in names]))
        dialog.open()

    def _choose_pack_folder(self) -> None:
        dialog = QFileDialog(self, tr("The folder that holds the model"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.pack_folder_chosen.emit(Path(name)))
        dialog.open()
