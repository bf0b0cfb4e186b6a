"""The documents of a library: head, filter, table, folders."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QLineEdit,
    QMenu,
    QStackedLayout,
    QWidget,
)

from app.documents.document_cells import reason_text
from app.documents.document_rows import DocumentRow, StateFilter
from app.documents.documents_empty import DocumentsEmpty
from app.documents.documents_model import DocumentsModel, summary
from app.documents.documents_table import DocumentsTable
from app.documents.folders_panel import FoldersPanel
from app.documents.indexing_model import FoldersModel
from app.kit.button import Button
from app.kit.confirm import ask
from app.kit.design import L, M, S
from app.kit.dialog import pick_files, pick_folder
from app.kit.elided_label import ElidedLabel
from app.kit.label import Label, Picture, paragraph
from app.kit.layout import column, held, row, wide
from app.kit.source_target import SourceTarget
from app.kit.text import Translated, tr, tr_count

_TYPING_MS = 120
_FILTERS: tuple[StateFilter, ...] = ("all", "searchable", "in_work", "failed")


class DocumentsPage(Translated, QFrame):
    """Says what the person wants with documents; paths are as the library stores them."""

    document_opened = Signal(SourceTarget)
    paths_given = Signal(list)
    retry_requested = Signal(list)
    reread_requested = Signal(list)
    removal_confirmed = Signal(list)
    location_requested = Signal(str)

    def __init__(self, model: DocumentsModel, folders: FoldersModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "page")
        self._model = model
        self._folders = folders
        self._library = ""
        self.say(self.setAccessibleName, tr("Documents"))
        self.title, self.count = ElidedLabel(), Label(kind="muted")
        self.title.setProperty("kind", "title")
        self.add_folder = Button(tr("Add folder…"), self._pick_folder, "primary")
        self.add_files = Button(tr("Add files…"), self._pick_files)
        self.filter, self.state_filter = QLineEdit(clearButtonEnabled=True), QComboBox()
        self.say(self.filter.setPlaceholderText, tr("Filter by name or folder"))
        self.say(self.filter.setAccessibleName, tr("Filter documents"))
        self.say(self.state_filter.setAccessibleName, tr("Which documents are shown"))
        for number, words in enumerate((tr("All"), tr("Searchable"), tr("In work"), tr("Failed"))):
            self.state_filter.addItem("")
            self.say(partial(self.state_filter.setItemText, number), words)
        self.table, self.empty = DocumentsTable(model), DocumentsEmpty(self._pick_folder, self._pick_files)
        self.nothing = Label(tr("No document matches."), "muted", wraps=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.detail, self.folders = _ProblemLine(), FoldersPanel(folders)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._lay_out()
        self._connect()
        self.retranslate()

    def set_library(self, name: str) -> None:
        self._library = name
        self.filter.clear()
        self.state_filter.setCurrentIndex(0)
        self.retranslate()

    def show_failed(self) -> None:
        """Narrow to what could not be read."""
        self.filter.clear()
        self.state_filter.setCurrentIndex(_FILTERS.index("failed"))
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def retranslate(self) -> None:
        self.title.set_whole_text(self._library or tr("Documents"))
        self._show_counts()

    def context_menu(self) -> QMenu | None:
        """For the chosen rows; None where none is chosen."""
        rows = self.table.chosen_rows()
        if not rows:
            return None
        menu = QMenu(self)
        failed = [row.path for row in rows if row.state == "failed"]
        paths = [row.path for row in rows]
        if len(rows) == 1:
            menu.addAction(tr("Open"), lambda: self._open(rows[0])).setEnabled(can_be_shown(rows[0]))
            menu.addAction(tr("Show in folder"), lambda: self.location_requested.emit(rows[0].path))
            menu.addSeparator()
        if failed:
            menu.addAction(tr("Try again"), lambda: self.retry_requested.emit(failed))
        menu.addAction(tr("Read again"), lambda: self.reread_requested.emit(paths))
        menu.addSeparator()
        menu.addAction(tr("Remove from library…"), self._ask_removal)
        return menu

    def _lay_out(self) -> None:
        words = column(self.title, self.count, gap=2)
        head = row(wide(words), self.add_files, self.add_folder, gap=S)
        self._narrowing = held(row(wide(self.filter), self.state_filter, gap=S))
        self._pages = QStackedLayout()
        for page in (self.table, self.nothing, self.empty):
            self._pages.addWidget(page)
        pages = held(self._pages)
        parts = (head, self._narrowing, wide(pages), self.detail, self.folders)
        column(*parts, gap=M, margins=(L, L, L, M), on=self)

    def _connect(self) -> None:
        self.filter.textChanged.connect(lambda _text: self._typing.start())
        self._typing.timeout.connect(lambda: self._model.set_filter(self.filter.text()))
        self.state_filter.currentIndexChanged.connect(self._narrow_state)
        self.table.opening_requested.connect(self._open)
        self.table.removal_requested.connect(self._ask_removal)
        self.table.rows_chosen.connect(self._show_problem)
        self.table.customContextMenuRequested.connect(self._show_menu)
        self._model.counts_changed.connect(self._show_counts)
        self._model.settled.connect(self._show_counts)
        self.detail.retry_requested.connect(lambda path: self.retry_requested.emit([path]))
        QShortcut(
            QKeySequence(QKeySequence.StandardKey.Find),
            self,
            self._focus_filter,
            context=Qt.ShortcutContext.WidgetWithChildrenShortcut,
        )

    def _focus_filter(self) -> None:
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    def _narrow_state(self, position: int) -> None:
        self._model.set_state_filter(_FILTERS[max(position, 0)])

    def _show_counts(self) -> None:
        self.count.setText(
            tr("Reading the list…") if self._model.is_loading and not self._model.total else summary(self._model)
        )
        self._show_page()
        self._show_problem()

    def _show_page(self) -> None:
        is_empty = self._model.total == 0 and not self._model.is_loading
        page: QWidget = self.table
        if is_empty:
            page = self.empty
        elif self._model.is_narrowed and self._model.rowCount() == 0 and self._model.is_settled:
            page = self.nothing
        if self._pages.currentWidget() is not page:
            self._pages.setCurrentWidget(page)
        for part in (self.add_folder, self.add_files, self.count, self._narrowing):
            part.setVisible(not is_empty)

    def _show_problem(self) -> None:
        row = self.table.only_chosen_row()
        was_hidden = self.detail.isHidden()
        self.detail.show_row(row if row is not None and row.state == "failed" else None)
        if was_hidden and not self.detail.isHidden():  # the table gets shorter: the row must not hide behind its reason
            QTimer.singleShot(0, self.table, lambda: self.table.scrollTo(self.table.currentIndex()))

    def _open(self, row: DocumentRow) -> None:
        if can_be_shown(row):
            whole = SourceTarget(self._library, row.document_id, row.path, row.name, 1, 0, 0, media_type=row.media_type)
            self.document_opened.emit(whole)

    def _show_menu(self, point: QPoint) -> None:
        menu = self.context_menu()
        if menu is not None:
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.table.viewport().mapToGlobal(point))

    def _ask_removal(self) -> None:
        rows = self.table.chosen_rows()
        if not rows:
            return
        paths = [row.path for row in rows]
        question = tr("Remove “{name}” from this library?", name=rows[0].name)
        if len(rows) > 1:
            question = tr("Remove {count} documents from this library?", count=len(rows))
        explanation = tr_count(
            len(rows), "The file itself stays where it is.", "The files themselves stay where they are."
        )
        synced = [folder.path.name for folder in self._folders.folders if folder.in_sync and _holds(folder.path, paths)]
        if synced:
            explanation += "\n" + tr_count(
                len(rows),
                "It stays out of this library, also while “{folder}” is kept in sync.",
                "They stay out of this library, also while “{folder}” is kept in sync.",
                folder=tr("”, “").join(synced),
            )
        ask(self, question, explanation, tr("Remove"), lambda: self.removal_confirmed.emit(paths))

    def _pick_folder(self) -> None:
        pick_folder(self, tr("Add a folder"), lambda folder: self.paths_given.emit([folder]))

    def _pick_files(self) -> None:
        pick_files(self, tr("Add files"), self.paths_given.emit)


class _ProblemLine(QFrame):
    """Why the chosen document could not be read, and the way to try again."""

    retry_requested = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "error")
        self._path = ""
        self.reason = paragraph(kind="")
        self.again = Button(tr("Try again"), lambda: self.retry_requested.emit(self._path))
        row(Picture("warning"), wide(self.reason), self.again, gap=M, margins=(M, S, S, S), on=self)
        self.hide()

    def show_row(self, shown: DocumentRow | None) -> None:
        self.setVisible(shown is not None)
        if shown is not None:
            self._path = shown.path
            reason = reason_text(shown)
            self.reason.setText(reason if shown.name in reason else f"{shown.name}: {reason}" if reason else shown.name)


def can_be_shown(row: DocumentRow) -> bool:
    """Only what was read has pages to look at."""
    return bool(row.document_id) and row.state != "failed"


def _holds(folder: Path, paths: list[str]) -> bool:
    return any(Path(path).is_relative_to(folder) for path in paths)
